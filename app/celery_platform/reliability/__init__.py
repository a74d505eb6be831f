"""Small pieces that a task opts into; `attachment/guarantees.py` is what every task has."""
