"""The command `app`: workers, beat, the demo, environment files."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.environment.cli import environment
from app.environment.errors import EnvironmentFileError
from app.errors import AppError, SettingsError

EXIT_UNUSABLE = 2
PHOTOGRAPHS = Path(__file__).parent / "demo" / "photographs"

commands = typer.Typer(
    help="Production Celery: workers, beat, a demo, environment files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
commands.add_typer(environment, name="environment")
Env = Annotated[
    str, typer.Option("--env", metavar="ENV", help="an environment of this checkout; hosts have theirs set")
]


@commands.command()
def worker(pool: Annotated[str, typer.Option(help="the pool whose queues to drain")], env: Env = "") -> None:
    """Run a worker of a pool until it is told to stop (SIGTERM lets running tasks finish)."""
    _choose(env)
    from app.worker.start import start_worker

    start_worker(pool)


@commands.command()
def beat(env: Env = "") -> None:
    """Send scheduled tasks until told to stop; of several, one sends and the others stand by."""
    _choose(env)
    from app.worker.start import start_beat

    start_beat()


@commands.command()
def demo(
    env: Env = "",
    images: Annotated[Path, typer.Option(help="a folder of photographs")] = PHOTOGRAPHS,
    output: Annotated[Path, typer.Option(help="where the contact sheets go")] = Path("demo-output"),
    each: Annotated[int, typer.Option(min=4, max=10_000, help="how many orders, e-mails and metrics fetches")] = 40,
    patience: Annotated[int, typer.Option(min=5, help="seconds without progress after which it gives up")] = 90,
) -> None:
    """Run the pipeline on a folder of photographs and say what became of it. Exit 1 on a loss or a repeated effect."""
    _choose(env)
    from app.demo.run import run

    raise typer.Exit(0 if run(images, output, each, patience) else 1)


def _choose(env: str) -> None:
    if env:
        from app.settings.chosen import choose

        choose(env)


def app() -> None:
    """Run the command line. Whatever a person can put right is printed in words, with exit code 2."""
    try:
        commands()
    except (AppError, EnvironmentFileError) as error:
        message = str(error)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        explained = _unreachable(error)
        if explained is None:
            raise
        message = str(explained)
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, style="red", markup=False)
    sys.exit(EXIT_UNUSABLE)


def _unreachable(error: Exception) -> AppError | None:
    """An error of a library that says that something this environment needs does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    from app.reliability.errors import PermanentError, TransientError

    kinds = (BotoCoreError, ClientError, OperationalError, RedisError, TransientError, PermanentError)
    if not isinstance(error, (*kinds, ConnectionError, TimeoutError)):
        return None
    return SettingsError(
        expected=f"the services of the environment to answer ({os.environ.get('CELERY_ENVIRONMENT_FILE', '--env')})",
        found=f"{type(error).__name__}: {error}",
        remedy="See that the environment is up (`make status` for local) and that this machine may reach it.",
    )
