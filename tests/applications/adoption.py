"""A copy of this checkout into which the Django project moves, as the page for Django says, and what each step took."""

import os
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from local_containers.children import ended_with_parent

from tests.harness.checkout import Indented
from tests.harness.servers import REPOSITORY

PROJECT = "app/mysite"
APPLICATION = {
    "package": PROJECT,
    "celery": "mysite.celery:app",
    "routes": [{"tasks": "mail.tasks.*", "queue": "mail"}],
    "default_queue": "default",
    "release": ["python", "-m", "django", "migrate", "--no-input"],
    "variables": {"DJANGO_SETTINGS_MODULE": "mysite.production"},
    "secrets": {"DATABASE_URL": "database_url", "SIGNING_KEY_FILE": {"name": "signing_key", "as": "file"}},
}
DATABASE = ("10.90.0.12", 5432)
SERVICES = {"database": dict(zip(("host", "port"), DATABASE, strict=True))}
# The pods' pool gets two of the queues, the hosts' the third, which the project's own settings route to.
QUEUES = {
    "default": {"pool": "io", "soft_time_limit_seconds": 60, "calls": ["database"]},
    "mail": {"pool": "io", "soft_time_limit_seconds": 60, "calls": ["database"]},
    "slow": {"pool": "cpu", "soft_time_limit_seconds": 1200, "calls": ["database"]},
}
# Two hosts, or nobody could tell whether a release command runs once for all of them.
HOSTS = {"min": 2, "max": 2}
# As app/emulated_region/README.md has it.
POSTGRESQL = """
own="-D /var/lib/postgresql/17/main -c config_file=/etc/postgresql/17/main/postgresql.conf";
echo "host all all 10.0.0.0/8 scram-sha-256" >> /etc/postgresql/17/main/pg_hba.conf;
printf "ALTER USER postgres PASSWORD '%s';" "$PASSWORD" | /usr/lib/postgresql/17/bin/postgres --single $own postgres;
exec /usr/lib/postgresql/17/bin/postgres $own -c listen_addresses='*' -c unix_socket_directories=/tmp
"""


@dataclass
class Checkout:
    """The copy; its commands are those of its own .venv, as after a clone."""

    folder: Path
    # Generated, so that wherever it is found it is this one.
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    seconds: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        """Of the superuser of services.yml."""
        return f"postgresql://postgres:{self.password}@{DATABASE[0]}:{DATABASE[1]}/postgres"

    @property
    def variables(self) -> dict[str, str]:
        """A person's at a shell: nothing of the tests', nothing of this checkout's .venv; caches are shared."""
        hidden = ("CELERY_", "PYTEST_", "AWS_", "MAKE", "PYTHON", "VIRTUAL_ENV", "ENV", "MFLAGS", "SLOW")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        own = str(REPOSITORY / ".venv" / "bin")
        path = os.pathsep.join(entry for entry in kept["PATH"].split(os.pathsep) if entry != own)
        return kept | {"PATH": path, "REGION_CACHE": str(REPOSITORY / ".cache"), "COLUMNS": "160"}

    @property
    def shell(self) -> dict[str, str]:
        """The variables, with the copy's commands on the path."""
        variables = self.variables
        return variables | {"PATH": f"{self.folder / '.venv' / 'bin'}{os.pathsep}{variables['PATH']}"}

    def run(self, *command: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy; what it printed is in `stdout`."""
        return subprocess.run(
            [*ended_with_parent(), *command], cwd=self.folder, env=self.shell, timeout=seconds, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def succeed(self, *command: str, seconds: float = 300) -> str:
        """What a command printed that has to end well."""
        done = self.run(*command, seconds=seconds)
        assert done.returncode == 0, f"`{' '.join(command)}` exited {done.returncode}:\n{done.stdout[-8000:]}"
        return done.stdout

    def step(self, *command: str, seconds: float = 300) -> None:
        """One of the steps that a person takes: how long it took and what it said are kept."""
        begun, name = time.monotonic(), " ".join(command)
        self.said[name] = self.succeed(*command, seconds=seconds)
        self.seconds[name] = time.monotonic() - begun

    def python(self, code: str) -> str:
        """What code prints last in a process of the project (`app run`), with its variables and secrets."""
        setup = "import django; django.setup()\n"
        return self.succeed("app", "run", "--env", "local", "--", "python", "-c", setup + code).splitlines()[-1]


def cloned(folder: Path) -> Checkout:
    """What a clone of this checkout holds, with the changes that are not committed yet, as one commit."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, files):
        source, target = REPOSITORY / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    made = Checkout(folder)
    made.succeed("git", "init", "-q")
    made.succeed("git", "add", "-A")
    person = ("-c", "user.name=You", "-c", "user.email=you@example.com")
    made.succeed("git", *person, "commit", "-q", "-m", "As it was cloned")
    return made


def adopt(checkout: Checkout) -> None:
    """All that a person writes: the project's folder, the environment's file, and the database beside the account."""
    ignored = shutil.ignore_patterns("__pycache__", ".*", "*.sqlite3")
    shutil.copytree(REPOSITORY / "tests" / "applications" / "django_project", checkout.folder / PROJECT, ignore=ignored)
    local = checkout.folder / "environments" / "local"
    described = described_with_it(yaml.safe_load((local / "environment.yml").read_text()))
    for name, content in (("environment.yml", described), ("services.yml", database(checkout))):
        (local / name).write_text(yaml.dump(content, Dumper=Indented, sort_keys=False))


def described_with_it(described: dict[str, Any]) -> dict[str, Any]:
    """The content of an environment file with this application, its queues and its database."""
    pools = described["pools"] | {"cpu": described["pools"]["cpu"] | HOSTS}
    changed = {"application": APPLICATION, "pools": pools, "queues": QUEUES, "services": SERVICES}
    return {name: value for name, value in (described | changed).items() if name != "schedule"}


def database(checkout: Checkout) -> dict[str, Any]:
    """The content of services.yml: PostgreSQL, and its address in the application's secret."""
    process = {
        "name": "database",
        "user": "postgres",
        "command": ["sh", "-c", POSTGRESQL],
        "variables": {"PASSWORD": checkout.password},
        "ports": [DATABASE[1]],
    }
    return {"packages": ["postgresql"], "processes": [process], "secrets": {"database_url": checkout.database_url}}
