"""`app worker`, `app beat`, `app health`, `app demo`: what runs until it is told to stop, or until its work is done."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.env import Env, choose

PHOTOGRAPHS = Path(__file__).parents[1] / "demo" / "photographs"


def worker(pool: Annotated[str, typer.Option(help="the pool whose queues to drain")], env: Env = "") -> None:
    """Run a worker of a pool until it is told to stop (SIGTERM lets running tasks finish)."""
    choose(env)
    from app.worker.start import start_worker

    start_worker(pool)


def beat(env: Env = "") -> None:
    """Send scheduled tasks until told to stop; of several, one sends and the others stand by."""
    choose(env)
    from app.worker.start import start_beat

    start_beat()


def health(probe: Annotated[str, typer.Argument(help="liveness, readiness or startup")] = "liveness") -> None:
    """Say whether this host's or pod's worker is well, from its heartbeat file alone. Exit 1 when it is not."""
    from app.cli.health import answer
    from app.worker.heartbeat_file import PROBES

    if probe not in PROBES:
        raise typer.BadParameter(f"expected one of {', '.join(PROBES)}; found {probe!r}")
    raise typer.Exit(answer(probe))


def relay(env: Env = "") -> None:
    """Publish what producers left in the outbox of CELERY_DATABASE_URL, until told to stop (SIGTERM)."""
    choose(env)
    import logging
    import signal
    import threading

    from app.celery import celery
    from app.errors import SettingsError
    from app.outbox import relay
    from app.services.database import VARIABLE, database

    logging.basicConfig(level=logging.INFO)
    engine = database()
    if engine is None:
        raise SettingsError(
            expected=f"a database in {VARIABLE}", found="none", remedy="Without one there is no outbox."
        )
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    relay.run(celery, engine, stopped)


def await_termination() -> None:
    """Wait for EC2's notice that this instance will end (spot interruption, scale-in); exit 0 when it comes."""
    from app.cli.output import say
    from app.worker.termination import await_termination as wait

    say(wait())


def demo(
    env: Env = "",
    images: Annotated[Path, typer.Option(help="a folder of photographs")] = PHOTOGRAPHS,
    output: Annotated[Path, typer.Option(help="where the contact sheets go")] = Path("demo-output"),
    each: Annotated[int, typer.Option(min=4, max=10_000, help="how many orders, e-mails and metrics fetches")] = 40,
    patience: Annotated[int, typer.Option(min=5, help="seconds without progress after which it gives up")] = 90,
) -> None:
    """Run the pipeline on a folder of photographs and say what became of it. Exit 1 on a loss or a repeated effect."""
    choose(env)
    from app.demo.run import run

    raise typer.Exit(0 if run(images, output, each, patience) else 1)
