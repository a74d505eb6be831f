"""What becomes of each delivery that a worker takes: exactly one of a closed list, decided here for every pool."""
