"""Deploy an environment's pods to its cluster: everything that they need, in order, and as often as one likes."""
