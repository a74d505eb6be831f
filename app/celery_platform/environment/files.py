"""The paths of the files that are rendered from an environment file."""

from pathlib import Path

from celery_platform.environment.load import environments_folder


def resolved_file(name: str) -> Path:
    """The path of an environment's derived values, `resolved.json`."""
    return environments_folder() / name / "resolved.json"


def rules_file(name: str) -> Path:
    """The path of an environment's Prometheus rules."""
    return environments_folder() / name / "prometheus_rules.yml"
