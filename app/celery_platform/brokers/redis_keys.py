"""Under which keys of Redis a pool notes what its workers hold, and where the keys of other pools stand."""

# In a worker's transport options: the keys of the pools that share a queue with its own.
NEIGHBOURS = "unacked_keys_of_neighbours"


def index_key(kept: str) -> str:
    """Of the messages under `kept`, by when they were taken."""
    return f"{kept}:index"


def mutex_key(kept: str) -> str:
    """Whose holder alone looks for messages to put back."""
    return f"{kept}:mutex"
