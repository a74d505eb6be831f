"""`app worker`, `app beat`, `app health`, `app relay`, `app process`, `app run`: the processes of an environment."""

from typing import Annotated

import typer

from celery_platform.cli.env import Env, choose


def worker(pool: Annotated[str, typer.Option(help="the pool whose queues to drain")], env: Env = "") -> None:
    """Run a worker of a pool until it is stopped (SIGTERM lets running tasks finish)."""
    choose(env)
    from celery_platform.worker.start import start_worker

    start_worker(pool)


def beat(env: Env = "") -> None:
    """Send scheduled tasks until stopped; of several beats, one sends and the others stand by."""
    choose(env)
    from celery_platform.worker.start import start_beat

    start_beat()


def health(probe: Annotated[str, typer.Argument(help="liveness, readiness or startup")] = "liveness") -> None:
    """Say whether this host's or pod's worker is healthy, from its heartbeat file alone. Exit 1 when it is not."""
    from celery_platform.cli.health import answer
    from celery_platform.worker.heartbeat_file import PROBES

    if probe not in PROBES:
        raise typer.BadParameter(f"expected one of {', '.join(PROBES)}; found {probe!r}")
    raise typer.Exit(answer(probe))


def relay(env: Env = "") -> None:
    """Publish the tasks in the outbox of CELERY_DATABASE_URL until stopped (SIGTERM)."""
    choose(env)
    from celery_platform.worker.relay import start_relay

    start_relay()


def process(name: Annotated[str, typer.Argument(help="a name under `processes`")], env: Env = "") -> None:
    """Run a process of the application as the environment file describes it, with its variables and secrets."""
    choose(env)
    from celery_platform.application.command import run_process

    raise typer.Exit(run_process(name))


def await_termination() -> None:
    """Wait for EC2's notice that this instance will end (spot interruption, scale-in); exit 0 when it comes."""
    from celery_platform.output import say
    from celery_platform.worker.termination import await_termination as wait

    say(wait())


def run(
    command: Annotated[list[str], typer.Argument(help="a command and its arguments, after --")],
    env: Env = "",
    pool: Annotated[str, typer.Option(help="add this pool's variables and secrets")] = "",
) -> None:
    """Run any command with the application's variables and secrets: a migration, a shell, a web process."""
    choose(env)
    from celery_platform.application.command import run_command

    raise typer.Exit(run_command(command, pool or None))
