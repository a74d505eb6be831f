"""`app console`: pages on which an operator sees what is late, what failed, why, and what to do.

Its libraries are the extra `console` of this package; workers do not carry them.
"""
