"""`app environment`: check an environment, write what is derived from it, compare two."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

environment = typer.Typer(
    help="Check, render and compare environment files.", no_args_is_help=True, rich_markup_mode=None
)
Name = Annotated[str, typer.Argument(metavar="ENV", help="an environment's name; all of them when left out")]


def _chosen(name: str) -> list[str]:
    from celery_platform.environment.load import names

    return [name] if name else names()


@environment.command()
def validate(name: Name = "") -> None:
    """Check the file, its rules, and that the generated files and the application's lock match. Exit 1 if not."""
    from celery_platform import rendering
    from celery_platform.environment.derived.scaling import first_task_waits
    from celery_platform.environment.load import environments_folder, load
    from celery_platform.output import say
    from celery_platform.release import locking
    from celery_platform.release.release import release_of

    outdated: dict[str, str] = {}
    known = {}

    for chosen in _chosen(name):
        env = known[chosen] = load(chosen)
        say(f"environments/{chosen}/environment.yml is valid: broker {env.broker.kind.value}")
        for cost in filter(None, (first_task_waits(env, pool) for pool in env.pools)):
            say(cost)
        reason = locking.outdated(release_of(env).application)
        if reason:
            outdated.setdefault(reason, chosen)
    stale = rendering.stale(list(known), known)
    for file in stale:
        say(f"{file.relative_to(environments_folder().parent)} is out of date: run `make render`", style="red")
    for reason, chosen in outdated.items():
        say(f"{reason}: run `app application lock {chosen}`", style="red")
    if stale or outdated:
        raise typer.Exit(1)


@environment.command(name="render")
def render_(name: Name = "") -> None:
    """Write resolved.json and environment.schema.json."""
    from celery_platform import rendering
    from celery_platform.environment.load import environments_folder
    from celery_platform.output import say

    written = rendering.write(_chosen(name))
    for file in written:
        say(f"wrote {file.relative_to(environments_folder().parent)}")
    if not written:
        say("nothing to write: the generated files match their source")


@environment.command()
def schema() -> None:
    """Print the JSON Schema of an environment file."""
    from celery_platform import rendering

    typer.echo(json.dumps(rendering.schema(), indent=2))


@environment.command()
def diff(
    left: Annotated[str, typer.Argument(help="ENV or ENV@REVISION, for example prod@HEAD~1")],
    right: Annotated[str, typer.Argument(help="ENV or ENV@REVISION")],
) -> None:
    """Say in words what changes from LEFT to RIGHT, and what an apply of it would replace, destroy or stop."""
    from celery_platform.environment import differences
    from celery_platform.output import say

    lines = differences.between(left, right)
    for line in lines:
        say(line)
    say(f"{len(lines)} differences from {left} to {right}")
    for effect in differences.effects_between(left, right):
        say(effect, style="red")


@environment.command(name="versions")
def versions_(
    name: Name = "",
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="count the days from this date instead of today")
    ] = None,
) -> None:
    """Show how long the versions in use are supported. Exit 1 if support of one has ended, or ends within 120 days."""
    from celery_platform.environment.load import load
    from celery_platform.environment.support import as_of
    from celery_platform.environment.versions import SOON_DAYS, versions
    from celery_platform.output import say, show_table

    today = (on or datetime.now(UTC)).date()
    soon = set()
    for chosen in _chosen(name):
        rows = []
        for one in versions(load(chosen)):
            known, left = one.support, one.days_left(today)
            until = "not known" if known is None else known.until or "no end announced"
            rows.append((one.product, one.version, until, left, one.key))
            if one.ends_soon(today):
                soon.add(f"{one.product} {one.version}, {left} days: {known.source if known else ''}")
        say(f"environment {chosen}")
        show_table(("product", "version", "supported until", "days", "said in"), rows, numbers=("days",))
    say(f"as of {as_of()} (app/celery_platform/environment/support.json)")
    for line in sorted(soon):
        say(f"within {SOON_DAYS} days: {line}", style="red")
    if soon:
        raise typer.Exit(1)
