"""The keys of Redis under which a pool records what its workers hold."""

# A key of a worker's transport options: the Redis keys of the pools that share a queue with its own.
NEIGHBOURS = "unacked_keys_of_neighbours"


def index_key(kept: str) -> str:
    """Return the key of the index of the messages under `kept` by the time they were taken."""
    return f"{kept}:index"


def mutex_key(kept: str) -> str:
    """Return the key of the lock whose holder alone puts messages back."""
    return f"{kept}:mutex"
