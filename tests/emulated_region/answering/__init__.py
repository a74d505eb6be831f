"""Answers every GET with the variable ANSWER. Runs in a bare container, on Debian's Python."""
