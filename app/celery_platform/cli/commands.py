"""The commands of `app`, put together in one tree."""

import typer

from celery_platform.cli import deploy, observe, produce, run
from celery_platform.cli.application import application
from celery_platform.cli.cancel import cancel
from celery_platform.cli.console import console, console_admit
from celery_platform.cli.dlq import dlq
from celery_platform.cli.environment import environment
from celery_platform.cli.inspect import inspect
from celery_platform.cli.queue import queue
from celery_platform.cli.release import release
from celery_platform.cli.schedule import schedule
from celery_platform.cli.settings import settings
from celery_platform.cli.task import task
from celery_platform.cli.tunnel import tunnel
from celery_platform.cli.why import why

# Plain help: typer's rich help loads a Markdown parser and takes three times as long to appear.
commands = typer.Typer(
    help="Production Celery: workers, beat, a demo, what is in the queues, environment files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    run.worker, run.beat, run.health, run.await_termination, run.relay, run.process, run.run, produce.send,
    inspect, observe.exporter, observe.deletion_costs, observe.status, console, console_admit, why, task, cancel,
    settings,
    deploy.deploy, deploy.rollback, tunnel,
):  # fmt: skip
    commands.command()(command)
commands.add_typer(application, name="application")
commands.add_typer(dlq, name="dlq")
commands.add_typer(queue, name="queue")
commands.add_typer(release, name="release")
commands.add_typer(schedule, name="schedule")
commands.add_typer(environment, name="environment")
