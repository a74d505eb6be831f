"""Celery 5.7.0 exits with code 0 whatever stopped the worker, even after an "Unrecoverable error".

`Celery.start` expects click's `Exit` as an exception, but click 8 returns it as a value with `standalone_mode=False`. A
supervisor then mistakes a crash for a requested stop.
Unnecessary as soon as `Celery.worker_main` returns the code; a test in `tests/celery_platform/guards` then fails.
"""

from celery import Celery
from celery.bin.base import CLIContext
from celery.bin.worker import worker as program


def run_worker(app: Celery, options: list[str]) -> int:
    """Run a worker until it ends, like `app.worker_main(options)`, and return its exit code.

    Only the command `worker` is loaded. Celery's whole command line would load a toolkit for shells, 10 MiB that no
    worker uses.

    Example: `sys.exit(run_worker(celery, ["worker", "--pool=solo"]))`
    """
    _, *arguments = options
    context = CLIContext(app=app, no_color=False, workdir=None)
    return int(program.main(args=arguments, obj=context, standalone_mode=False) or 0)
