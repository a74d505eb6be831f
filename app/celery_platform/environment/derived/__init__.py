"""The values derived from an environment, one file per section of resolved.json. `resolve.py` combines them."""

from typing import Any

Json = dict[str, Any]
