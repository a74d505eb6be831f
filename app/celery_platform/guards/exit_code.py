"""Celery 5.7.0 ends with code 0 whatever ended the worker, even an "Unrecoverable error".

`Celery.start` waits for click's `Exit`, which click 8 returns as a value when it does not run on its own
(`standalone_mode=False`). A supervisor then mistakes a crash for a requested stop.
Unnecessary as soon as `Celery.worker_main` gives the code back; `tests/celery_platform/guards` fails then and says so.
"""

from celery import Celery
from celery.bin.base import CLIContext
from celery.bin.worker import worker as program


def run_worker(app: Celery, options: list[str]) -> int:
    """Run a worker until it ends, as `app.worker_main(options)` does; returns its exit code.

    The command `worker` alone: the whole of Celery's command line loads a shell's toolkit, 10 MiB that no worker uses.

    Example: `sys.exit(run_worker(celery, ["worker", "--pool=solo"]))`
    """
    _, *arguments = options
    context = CLIContext(app=app, no_color=False, workdir=None)
    return int(program.main(args=arguments, obj=context, standalone_mode=False) or 0)
