"""`app application`: resolve the requirements of an environment's application, and install them in this checkout."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from celery_platform.release.application_check import Outcome
    from celery_platform.release.project import Application

application = typer.Typer(
    help="The application of an environment: its lock file, its requirements in this checkout.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(metavar="[ENV]", help="an environment's name; all of them when left out")]
One = Annotated[str, typer.Argument(metavar="[ENV]", help="an environment's name")]


@application.command()
def lock(name: Name = "") -> None:
    """Resolve the platform and the application together and write the application's requirements.lock."""
    from celery_platform.environment.load import names
    from celery_platform.output import say
    from celery_platform.release import locking

    for chosen in _different([name] if name else names()):
        state = "wrote" if locking.lock(chosen) else "nothing to write:"
        say(f"{state} {chosen.label_of_lock}")


@application.command()
def install(name: One = "local") -> None:
    """Install the packages of the application's lock that this virtualenv lacks."""
    from celery_platform.output import say
    from celery_platform.release import install as into_virtualenv
    from celery_platform.release import locking

    (chosen,) = _different([name])
    locking.check(chosen, name)
    added = into_virtualenv.install(chosen)
    say(f"installed {', '.join(added)}" if added else f"nothing to install: all of {chosen.label_of_lock} is here")


@application.command()
def check(name: One = "local") -> None:
    """Import the application as its workers and beat would, and check its tasks, routes, queues, settings and schedule.

    Needs no account, no secret and no network.
    """
    from celery_platform.environment.files import resolved_file
    from celery_platform.environment.load import load
    from celery_platform.errors import EXIT_UNUSABLE
    from celery_platform.output import print_error, say
    from celery_platform.release import locking
    from celery_platform.release.application_check import check_application, refuse_misspelt_routes
    from celery_platform.release.release import release_of
    from celery_platform.settings import read

    chosen = release_of(load(name)).application
    locking.check(chosen, name)
    outcomes = check_application(chosen, name)
    wrong: dict[str, list[Outcome]] = {}
    for one in outcomes:
        if one.error and one.unsure:
            say(f"warning: nobody knows yet whether {one.processes} will start: {one.unsure}. {one.error}")
        elif one.error:
            wrong.setdefault(str(one.error), []).append(one)
    for same in wrong.values():
        if (error := same[0].error) is not None:
            processes = ", ".join(str(one.processes) for one in same)
            print_error(error, f"The application of {name} would not start ({processes}).")
    if wrong:
        raise typer.Exit(EXIT_UNUSABLE)
    for pattern in refuse_misspelt_routes(read(resolved_file(name)), outcomes):
        say(f"warning: application.routes has {pattern}, which matches no task of the application")
    tasks, scheduled = ({entry for one in outcomes for entry in getattr(one, what)} for what in ("tasks", "scheduled"))
    good = ", ".join(str(one.processes) for one in outcomes if not one.error)
    if good:
        say(f"{len(tasks)} tasks, each with a queue; {len(scheduled)} scheduled ({good})")


def _different(names: list[str]) -> "list[Application]":
    """Return the applications of these environments, each once."""
    from celery_platform.environment.load import load
    from celery_platform.release.release import release_of

    found = [release_of(load(name)).application for name in names]
    return list({one.lock: one for one in found}.values())
