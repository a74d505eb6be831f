"""`app dlq`: list messages that failed for good and why, send them again, remove them, write them to a file."""

import typer

from celery_platform.cli.dlq import changing, reading

dlq = typer.Typer(
    help="Messages that failed for good: list them, say why, send them again, remove them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
dlq.command(name="list")(reading.list_)
for command in (reading.causes, reading.show, changing.replay, changing.purge, reading.export):
    dlq.command()(command)
