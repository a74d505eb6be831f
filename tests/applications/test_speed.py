"""An application of one's own costs a worker no more than the example: CPU time of the same task, side by side."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg
import pytest
from celery_platform.environment.load import FILE_NAME

from tests.harness.environment import Application as Described
from tests.harness.servers import REPOSITORY

from .estate import HERE, Application, Estate, eventually
from .web import Web, web

pytestmark = pytest.mark.slow

TASKS = 2_000
ROUNDS = 7
# Of the example's CPU time; two runs of one application differ by as much on a shared machine.
AT_MOST = 1.25
# As the example, which keeps no results: what an application asks Celery to store is its own choice, and costs it.
SETTINGS = {"KEEP_NO_RESULTS": "1"}
# A task that Celery itself has, so that each application has the same.
RUN = """
from celery import current_app
for number in range({tasks}):
    current_app.send_task("celery.accumulate", args=(number,), queue={queue!r})
"""


@dataclass
class Busy:
    """A worker of an application, and a process that sends tasks to it."""

    pid: int
    log: Path
    web: Web
    queue: str

    def cpu_seconds(self, tasks: int) -> float:
        """How much CPU time the worker and its children took for so many tasks."""
        before, done = cpu(self.pid), self.done()
        self.web.call(RUN.format(queue=self.queue, tasks=tasks))
        eventually(lambda: self.done() == done + tasks, f"the end of {tasks} tasks of {self.queue}", seconds=120)
        return cpu(self.pid) - before

    def done(self) -> int:
        """How many tasks the worker says it has done; an application may keep no results."""
        return self.log.read_text().count('"event": "task succeeded"')


def cpu(pid: int) -> float:
    """CPU time of a process and of its children, in seconds (proc(5): utime and stime, in clock ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu(int(child)) for child in children)


@pytest.fixture
def workers(estate: Estate, postgresql: str, tmp_path: Path) -> Iterator[dict[str, Busy]]:
    """The example, a plain module and a Django project on one Valkey, each with a prefork worker of two children."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute('CREATE DATABASE "django_speed"')
    url = postgresql.rpartition("/")[0].replace("app@", "app:p%40ss@") + "/django_speed"
    example = Described(REPOSITORY / "environments" / "local" / FILE_NAME, None, secrets={"payment_gateway": "none"})
    described = {
        "example": (example, REPOSITORY / "app" / "example", "cpu", "reports", "import shop.celery"),
        "plain": (estate.described("plain"), HERE / "plain", "main", "default", ATTACH.format("plain", "app")),
        "django": (
            estate.described("django", database_url=url, signing_key="speed"),
            HERE / "django_project", "main", "default", "import django\ndjango.setup()",
        ),
    }  # fmt: skip
    with ExitStack() as stack:
        yield {name: _busy(stack, estate, tmp_path, name, *each) for name, each in described.items()}


ATTACH = "import celery_platform, {0}\ncelery_platform.attach({0}.{1})"


def _busy(
    stack: ExitStack, estate: Estate, folder: Path, name: str, described: Described, code: Path, pool: str, queue: str,
    setup: str,
) -> Busy:  # fmt: skip
    (folder / name).mkdir()
    environment = estate.prepared(described, "redis", f"{name}-speed").variant(
        folder / name, pools={pool: {"type": "prefork", "concurrency": 2}}
    )
    process, log = stack.enter_context(environment.worker(pool, **SETTINGS))
    sender = stack.enter_context(web(Application(environment, code), setup))
    busy = Busy(process.pid, log, sender, environment.resolved["queues"][queue]["name"])
    busy.cpu_seconds(200)
    return busy


def test_an_application_of_ones_own_is_no_slower_than_the_example(workers: dict[str, Busy]) -> None:
    took: dict[str, list[float]] = {name: [] for name in workers}
    for _round in range(ROUNDS):
        for name, worker in workers.items():
            took[name].append(worker.cpu_seconds(TASKS))

    usual = {name: median(seconds) for name, seconds in took.items()}
    ratios = {name: round(seconds / usual["example"], 2) for name, seconds in usual.items()}
    print(f"\nCPU time of {TASKS} tasks, of the example's: {ratios}; {usual['example'] / TASKS * 1e6:.0f} us a task")
    assert all(ratio <= AT_MOST for ratio in ratios.values()), took
