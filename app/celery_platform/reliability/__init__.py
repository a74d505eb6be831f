"""Small pieces that a task opts into; `task.py` is what every task has."""
