"""Check in seconds that workers and beat can import an application, before anything is built or started.

Pools with different variables or secrets are checked in separate processes. Each process has the variables of a host
and none of this shell's, placeholders for secrets, and no network.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from celery_platform.environment.checkout import VARIABLE as CHECKOUT
from celery_platform.environment.checkout import checkout
from celery_platform.environment.files import resolved_file
from celery_platform.errors import ApplicationError
from celery_platform.release import lock_file
from celery_platform.release.install import lacking
from celery_platform.release.project import PLATFORM, Application
from celery_platform.routes import CELERYS_OWN
from celery_platform.settings import Resolved, read
from celery_platform.settings.chosen import VARIABLE

MODULE = "celery_platform.worker.check_process"
SECONDS = 60
SIDE_BY_SIDE = 2
SHOWN_LINES = 5
WILDCARD = re.compile(r"[*?\[]")
# The variables of this shell that a process needs to run at all. As on a host, all others come from the environment
# file.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Processes:
    """Pools, and possibly beat, whose processes get the same variables and secrets."""

    pools: tuple[str, ...]
    beat: bool
    gevent: bool

    def __str__(self) -> str:
        """Their names for messages."""
        return ", ".join([*(f"pool {name}" for name in self.pools), *(["beat"] if self.beat else [])])


@dataclass(frozen=True)
class Outcome:
    """The result for one kind of process: an error, or its tasks and scheduled entries.

    `unsure` is the reason why the error may be caused by the check itself, if it may.
    """

    processes: Processes
    tasks: tuple[str, ...] = ()
    scheduled: tuple[str, ...] = ()
    error: ApplicationError | None = None
    unsure: str | None = None


def check_application(application: Application, name: str) -> list[Outcome]:
    """Import the application of the environment `name` as each of its processes does, and run the start's checks.

    Raises:
        ApplicationError: this virtualenv lacks requirements of the application.
        SettingsError: the environment was never rendered.

    Example: `[outcome.error for outcome in check_application(application, "local")] == [None]`
    """
    missing = lacking(application)
    if missing:
        raise ApplicationError(
            expected=f"all of {application.label_of_lock} in {sys.prefix}",
            found=f"no {', '.join(one.pin() for one in missing)}",
            remedy=f"Run `app application install {name}`.",
        )
    file = resolved_file(name).absolute()
    hidden = _not_required(application)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as side_by_side:
        return list(side_by_side.map(lambda one: _try(one, file, hidden), processes_of(read(file))))


def routes_without_tasks(environment: Resolved, outcomes: list[Outcome]) -> list[str]:
    """The patterns of `application.routes` that match no task of the application.

    None if a process could not be checked: its tasks are not known then.

    Example: `routes_without_tasks(environment, outcomes) == ["orders.tasks.shp"]`
    """
    if any(outcome.error for outcome in outcomes):
        return []
    tasks = {task for outcome in outcomes for task in outcome.tasks}
    patterns = (pattern for pattern, _ in environment.routes if not pattern.startswith(CELERYS_OWN))
    return [pattern for pattern in patterns if not any(fnmatchcase(task, pattern) for task in tasks)]


def refuse_misspelt_routes(environment: Resolved, outcomes: list[Outcome]) -> list[str]:
    """Refuse routes of one name that no task has; return the patterns that match no task yet.

    A pattern may be there for tasks to come. A name of no task is misspelt, or its task is gone: the task meant takes
    another route, to another queue with another limit.

    Raises:
        ApplicationError: a route names a task that the application does not have.
    """
    unused = routes_without_tasks(environment, outcomes)
    names = [pattern for pattern in unused if not WILDCARD.search(pattern)]
    if names:
        tasks = sorted({task for outcome in outcomes for task in outcome.tasks})
        close = dict.fromkeys(near for name in names for near in get_close_matches(name, tasks, n=1))
        hint = f"; did you mean {', '.join(close)}?" if close else "."
        raise ApplicationError(
            expected="each task that application.routes names to be in the application",
            found=", ".join(names),
            remedy=f"Correct or remove these routes{hint}",
        )
    return [pattern for pattern in unused if pattern not in names]


def processes_of(environment: Resolved) -> list[Processes]:
    """The groups of processes that get different variables. Beat belongs to the pools that add none."""
    same: dict[str, list[str | None]] = {}
    for pool in (*environment.pools.values(), None):
        own = [pool.variables, pool.secrets, pool.type == "gevent"] if pool else [{}, {}, False]
        same.setdefault(json.dumps(own, sort_keys=True), []).append(pool.name if pool else None)
    return [
        Processes(
            tuple(name for name in names if name is not None), None in names,
            any(environment.pools[name].type == "gevent" for name in names if name is not None),
        )
        for names in same.values()
    ]  # fmt: skip


def _try(processes: Processes, file: Path, hidden: list[str]) -> Outcome:
    program = ["-m", "gevent.monkey", "--module", MODULE] if processes.gevent else ["-m", MODULE]
    request = {"pools": processes.pools, "beat": processes.beat, "not_required": hidden}
    region = read(file).region
    variables = {name: os.environ[name] for name in INHERITED if name in os.environ} | {
        "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_EC2_METADATA_DISABLED": "true",
        VARIABLE: str(file), CHECKOUT: str(checkout()),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        try:
            # Start in an empty folder that is not on Python's path: hosts have no folder of the repository.
            done = subprocess.run(
                [sys.executable, "-P", *program, str(result)], cwd=folder, env=variables, input=json.dumps(request),
                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return _ended(processes, f"the import did not end within {SECONDS} s")
        if not result.exists() or not result.read_text():
            printed = " | ".join(done.stdout.strip().splitlines()[-SHOWN_LINES:])
            return _ended(processes, f"exit code {done.returncode}: {printed or 'no output'}")
        return _outcome(processes, json.loads(result.read_text()))


def _outcome(processes: Processes, found: dict[str, Any]) -> Outcome:
    if "expected" in found:
        error = ApplicationError(found["expected"], found["found"], found["remedy"])
        return Outcome(processes, error=error, unsure=found["unsure"])
    return Outcome(processes, tuple(found["tasks"]), tuple(found["scheduled"]))


def _ended(processes: Processes, found: str) -> Outcome:
    error = ApplicationError(
        expected="the application's modules to be imported without ending the process",
        found=found,
        remedy="Check what a module does at import: `app run --env ENV -- python -c 'import MODULE'`.",
    )
    return Outcome(processes, error=error)


def _not_required(application: Application) -> list[str]:
    """Modules of this virtualenv that hosts will not have, such as tools and other environments' applications."""
    required = {one.name for one in lock_file.read(application.lock)} | {PLATFORM}
    return [
        module
        for module, packages in importlib.metadata.packages_distributions().items()
        if not any(canonicalize_name(package) in required for package in packages)
    ]
