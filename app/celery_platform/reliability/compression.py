"""The compression of a message, which one that follows from it keeps: without, it may be larger than a broker takes."""

from typing import Any

# The header of a compressed message, and the option of publishing it.
OPTION = "compression"


def compression_of(request: Any) -> dict[str, Any]:
    """Return the option that compresses a retried or dead-lettered message as it came; empty if it was not.

    Example: `task.retry(**compression_of(task.request))`
    """
    found = getattr(request, OPTION, None)
    return {OPTION: found} if found else {}
