"""`app settings`: who owns each of Celery's settings, which values count, what a producer needs without attach."""

from typing import Annotated

import typer

from celery_platform.cli.env import Env, choose

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]


def settings(
    producer: Annotated[
        bool, typer.Option("--producer", help="Celery's settings for a producer without attach")
    ] = False,
    effective: Annotated[
        bool, typer.Option("--effective", help="the values that count, and who says each; --env implies it")
    ] = False,
    env: Env = "",
    as_json: AsJson = False,
    as_python: Annotated[bool, typer.Option("--python", help="a module for config_from_object")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="the README's table")] = False,
) -> None:
    """Say whose value counts for each of Celery's settings; with --env, which values the application has there.

    With --producer, what plain Celery needs to publish.
    """
    if as_python and not producer:
        raise typer.BadParameter("expected --producer beside --python")
    if as_markdown and (env or producer or effective):
        raise typer.BadParameter("expected --markdown alone: it prints who owns each setting, in every environment")
    choose(env)
    if producer:
        return _producer(as_json=as_json)
    if effective or env:
        return _effective(as_json=as_json)
    return _owners(as_json=as_json, as_markdown=as_markdown)


def _effective(*, as_json: bool) -> None:
    from celery_platform.application import application
    from celery_platform.attachment.effective import effective
    from celery_platform.attachment.hidden import shown, without_secrets
    from celery_platform.output import show_json, show_table

    found = effective(application())
    if as_json:
        return show_json(
            [
                {"setting": one.name, "value": without_secrets(one.name, one.value), "set_by": one.set_by,
                 "owner": one.owner}
                for one in found
            ]
        )  # fmt: skip
    return show_table(
        ("setting", "value", "said by", "owner"),
        [(one.name, shown(one.name, one.value), one.set_by, one.owner) for one in found],
    )


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
