"""Tasks that have processes of their own."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.pool import Pool
from pathlib import Path

from exercises.celery import celery

# Fork is Linux's default until Python 3.14.
fork = multiprocessing.get_context("fork")


@celery.task(name="exercises.quick.terminated_process", ignore_result=False)
def terminated_process() -> int | None:
    """A child that is asked to end; returns how it ended."""
    child = fork.Process(target=time.sleep, args=(60,), daemon=True)
    child.start()
    time.sleep(0.2)
    child.terminate()
    child.join(5)
    if child.is_alive():
        child.kill()
        child.join()
    return child.exitcode


@celery.task(name="exercises.quick.terminated_pool", ignore_result=False)
def terminated_pool() -> int:
    """A pool that is ended while its children work; returns how many of them are left."""
    pool: Pool = fork.Pool(2)
    pool.map_async(time.sleep, [60, 60])
    time.sleep(0.2)
    children = [child.pid for child in multiprocessing.active_children()]
    pool.terminate()
    pool.join()
    return sum(Path(f"/proc/{child}").exists() for child in children)


@celery.task(name="exercises.quick.terminated_fork", ignore_result=False)
def terminated_fork() -> int:
    """A forked copy of this process that is asked to end; returns the signal that ended it, or 0."""
    child = os.fork()
    if child == 0:
        time.sleep(5)
        os._exit(0)
    time.sleep(0.2)
    os.kill(child, signal.SIGTERM)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


@celery.task(name="exercises.quick.terminated_program", ignore_result=False)
def terminated_program() -> int:
    """Another program, with code that runs between fork and exec; returns how it ended."""
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command, preexec_fn=os.setsid) as child:
        time.sleep(0.2)
        child.terminate()
        return child.wait(5)
