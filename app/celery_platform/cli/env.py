"""The option `--env`, which is the same on every command."""

from typing import Annotated

import typer

Env = Annotated[
    str, typer.Option("--env", metavar="ENV", help="an environment of this checkout; hosts have theirs set")
]


def choose(env: str) -> None:
    """Work on the environment `env` from here on; when it is empty, the host's own environment stays."""
    if env:
        from celery_platform.settings.chosen import choose as choose_environment

        choose_environment(env)
