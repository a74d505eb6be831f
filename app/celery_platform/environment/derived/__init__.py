"""What is derived from an environment, one file for each section of resolved.json. `resolve.py` puts them together."""

from typing import Any

Json = dict[str, Any]
