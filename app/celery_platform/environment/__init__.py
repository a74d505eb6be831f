"""One file per environment: read it, check it, and derive every layer's values from it.

`load(name)` reads `environments/<name>/environment.yml`. `resolve(environment)` computes the content of
`resolved.json`, which Terraform, Ansible and the app read. Nothing outside this package computes a name or a number
that two layers share. See `README.md` in this folder.
"""

from celery_platform.environment.errors import EnvironmentFileError
from celery_platform.environment.load import load
from celery_platform.environment.model import Environment
from celery_platform.environment.resolve import resolve

__all__ = ["Environment", "EnvironmentFileError", "load", "resolve"]
