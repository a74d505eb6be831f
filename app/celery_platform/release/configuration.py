"""The configuration that a command releases: an environment's resolved.json, as rendered from its file."""

import json
from typing import Any

from celery_platform import rendering
from celery_platform.environment.files import resolved_file
from celery_platform.environment.load import load
from celery_platform.errors import ChartError
from celery_platform.settings.chosen import choose


def rendered(name: str) -> dict[str, Any]:
    """An environment's values, if they are those that its file has now. Enters the environment's account.

    Raises:
        ChartError: the file was changed and not rendered.

    Example: `rendered("prod")["name"] == "prod"`
    """
    found = last_rendered(name)
    file = resolved_file(name)
    if file in rendering.stale([name], {name: load(name)}):
        raise ChartError(
            expected=f"{file.name} of {name} as its environment.yml describes it",
            found="an older one",
            remedy="Run `make render`, and review and apply what changed.",
        )
    return found


def last_rendered(name: str) -> dict[str, Any]:
    """An environment's values as they were rendered last. Enters the environment's account.

    Example: `last_rendered("prod")["name"] == "prod"`
    """
    choose(name)
    found: dict[str, Any] = json.loads(resolved_file(name).read_text())
    return found
