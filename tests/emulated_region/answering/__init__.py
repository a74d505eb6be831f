"""Answers every GET with the variable ANSWER. Runs in a minimal container with Debian's Python."""
