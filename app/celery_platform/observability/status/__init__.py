"""`app status`: the state of an environment in a terminal, or as JSON for scripts."""
