"""`make try`: the example in about a minute, without root and without containers."""
