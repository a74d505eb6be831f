"""`app application`: resolve the requirements of an environment's application, and install them in this checkout."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
    """Add what the application's lock has and this virtualenv lacks."""
    from celery_platform.output import say
    from celery_platform.release import install as into_virtualenv
    from celery_platform.release import locking

    (chosen,) = _different([name])
    locking.check(chosen, name)
    added = into_virtualenv.install(chosen)
    say(f"installed {', '.join(added)}" if added else f"nothing to install: all of {chosen.label_of_lock} is here")


def _different(names: list[str]) -> "list[Application]":
    """The applications of these environments, each once."""
    from celery_platform.environment.load import load
    from celery_platform.release.release import release_of

    found = [release_of(load(name)).application for name in names]
    return list({one.lock: one for one in found}.values())
