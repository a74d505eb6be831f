"""Releases as records: what was pushed, from which commit, by whom, and where it runs."""
