"""The dead-lettered messages of an environment, read once for all viewers and grouped by cause."""
