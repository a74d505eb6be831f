"""Where the files of an environment are that are derived from its own."""

from pathlib import Path

from celery_platform.environment.load import environments_folder


def resolved_file(name: str) -> Path:
    """Where an environment's derived values are."""
    return environments_folder() / name / "resolved.json"


def rules_file(name: str) -> Path:
    """Where an environment's Prometheus rules are."""
    return environments_folder() / name / "prometheus_rules.yml"
