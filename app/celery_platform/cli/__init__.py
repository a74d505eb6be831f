"""The command `app`: one file for each group of commands, and the one place where errors are printed.

Exit codes are those of `celery_platform.errors`. `app --help` loads typer and nothing heavy. `app health` does not load
even typer, because probes run it all day.
"""

import sys

from celery_platform.errors import EXIT_INTERRUPTED


def app() -> None:
    """Run the command line. An error that a person can put right is printed without a traceback, with exit code 2."""
    from celery_platform.cli import health

    probe = health.asked(sys.argv[1:])
    if probe is not None:
        raise SystemExit(health.answer(probe))
    _run()


def _run() -> None:
    from celery_platform.cli.commands import commands
    from celery_platform.cli.explained import explained

    try:
        commands()
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
    except Exception as error:
        known = explained(error)
        if known is None:
            raise
        from celery_platform.output import print_error

        sys.exit(print_error(known))
