"""What happened to a task: what became of each attempt at it, kept in the result store in a bounded number.

It is the same on every broker and in every pool, because the processes that run tasks write it.
"""
