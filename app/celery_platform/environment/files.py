"""The paths of the files that are rendered from an environment file."""

import os
from pathlib import Path

from celery_platform.environment.checkout import checkout
from celery_platform.environment.load import environments_folder


def resolved_file(name: str) -> Path:
    """The path of an environment's derived values, `resolved.json`."""
    return environments_folder() / name / "resolved.json"


def rules_file(name: str) -> Path:
    """The path of an environment's Prometheus rules."""
    return environments_folder() / name / "prometheus_rules.yml"


def state_folder(name: str) -> Path:
    """The folder of what this machine keeps of an environment, in `$STATE_FOLDER` or `.state/` of the checkout.

    It may be deleted while nothing runs.
    """
    return Path(os.environ.get("STATE_FOLDER") or checkout() / ".state") / name
