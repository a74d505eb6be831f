"""A history of what publishers, workers and brokers did with messages, and whether it is one that may have been."""
