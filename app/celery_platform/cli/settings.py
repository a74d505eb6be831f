"""`app settings`: who owns each of Celery's settings, and what a producer needs that does not attach."""

from typing import Annotated

import typer

from celery_platform.cli.env import Env, choose

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]


def settings(
    producer: Annotated[
        bool, typer.Option("--producer", help="Celery's settings for a producer without attach")
    ] = False,
    env: Env = "",
    as_json: AsJson = False,
    as_python: Annotated[bool, typer.Option("--python", help="a module for config_from_object")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="the README's table")] = False,
) -> None:
    """Say whose value counts for each of Celery's settings; with --producer, what plain Celery needs to publish."""
    if producer:
        choose(env)
        return _producer(as_json=as_json)
    if as_python or env:
        raise typer.BadParameter("expected --producer beside it")
    return _owners(as_json=as_json, as_markdown=as_markdown)


def _producer(*, as_json: bool) -> None:
    from celery_platform.attachment.producer import as_python, passwords, producer_settings
    from celery_platform.output import show_json
    from celery_platform.settings import runtime

    settings, secrets = producer_settings(runtime()), passwords(runtime())
    if as_json:
        return show_json({"settings": settings, "passwords": secrets})
    return typer.echo(as_python(settings, secrets))


def _owners(*, as_json: bool, as_markdown: bool) -> None:
    from celery_platform.attachment.ownership import rows, table
    from celery_platform.output import show_json, show_table

    if as_markdown:
        return typer.echo(table())
    if as_json:
        return show_json([{"setting": name, "owner": owner, "why": why} for name, owner, why in rows()])
    return show_table(("setting", "owner", "why"), rows())
