"""The command `app`: one file for each group of commands, and the one place where errors become words.

Exit codes: 0 good; 1 it found something bad, or nothing where something was asked for; 2 something a person can put
right, said in words; 130 interrupted. `app --help` loads typer and nothing heavy; `app health` not even that, because
probes run it all day.
"""

import sys

EXIT_UNUSABLE = 2
EXIT_INTERRUPTED = 130


def app() -> None:
    """Run the command line. Whatever a person can put right is printed in words, with exit code 2."""
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
        words = explained(error)
        if words is None:
            raise
        _print_error(words)
        sys.exit(EXIT_UNUSABLE)


def _print_error(words: str) -> None:
    from rich.console import Console

    Console(stderr=True, highlight=False, soft_wrap=True).print(words, style="red", markup=False)
