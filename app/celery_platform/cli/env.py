"""The option `--env`, the same on every command."""

from typing import Annotated

import typer

Env = Annotated[
    str, typer.Option("--env", metavar="ENV", help="an environment of this checkout; hosts have theirs set")
]


def choose(env: str) -> None:
    """Work on the environment `env` from here on; nothing to do where a host has its own set."""
    if env:
        from celery_platform.settings.chosen import choose as choose_environment

        choose_environment(env)
