"""All commands in one tree."""

import typer

from app.cli import observe, run
from app.cli.environment import environment

# Plain help: typer's rich help loads a Markdown parser and takes three times as long to appear.
commands = typer.Typer(
    help="Production Celery: workers, beat, a demo, what is in the queues, environment files.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (run.worker, run.beat, run.health, run.demo, observe.exporter):
    commands.command()(command)
commands.add_typer(environment, name="environment")
