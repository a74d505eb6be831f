"""Environments for the applications of this folder: what Terraform would make for the file of each, on each broker."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.harness import servers
from tests.harness.environment import Application as Described
from tests.harness.environment import Servers, TestEnvironment, prepare
from tests.harness.processes import running, stop
from tests.harness.refusing_proxy import refusing_proxy
from tests.harness.waiting import eventually

__all__ = ["HERE", "Estate", "TestEnvironment", "eventually", "refusing_proxy", "servers", "stop"]

HERE = Path(__file__).parent


@dataclass
class Estate:
    """The servers that all environments share; each broker is started when the first environment asks for it."""

    folder: Path
    endpoint: str
    valkey_port: int
    authority: servers.Authority
    running: ExitStack
    _brokers: dict[str, Servers] = field(default_factory=dict)

    def environment(self, project: str, kind: str, secrets: Mapping[str, str], suffix: str = "") -> TestEnvironment:
        """The environment of `environments/<project>` on a broker of this kind, with the values of its secrets.

        `suffix` tells environments of one project and kind apart.
        """
        name = "-".join(filter(None, (project, kind.replace("_", "-"), suffix)))
        return self.prepared(self.described(project, **secrets), kind, name)

    def described(self, project: str, **secrets: str) -> Described:
        """The application of `environments/<project>`, with the values of its secrets by label."""
        return Described(HERE / "environments" / project / "environment.yml", None, secrets=secrets)

    def prepared(self, application: Described, kind: str, name: str) -> TestEnvironment:
        """An environment of that name for an application, on a broker of this kind."""
        folder = self.folder / name
        folder.mkdir()
        servers_of_it = replace(self._servers(kind), application=application)

        def change(resolved: dict[str, Any], name: str) -> None:
            # Environments share servers, so their queues' names differ.
            text = json.dumps(resolved["queues"]).replace(f"celery-{resolved['name']}-", f"celery-{name}-")
            resolved["queues"] = json.loads(text)

        return prepare(kind, folder, servers_of_it, name, change)

    def _servers(self, kind: str) -> Servers:
        if kind not in self._brokers:
            self._brokers[kind] = getattr(self, f"_{kind}")()
        return self._brokers[kind]

    @property
    def _plain_results(self) -> str:
        return f"redis://127.0.0.1:{self.valkey_port}/1"

    def _sqs(self) -> Servers:
        return _servers_of(self.endpoint, "sqs://", self._plain_results)

    def _rabbitmq(self) -> Servers:
        port = self.running.enter_context(servers.rabbitmq(self._own("rabbitmq")))
        password = {"broker_password": servers.RABBITMQ_PASSWORD}
        return _servers_of(self.endpoint, f"amqp://127.0.0.1:{port}", self._plain_results, password)

    def _amazon_mq(self) -> Servers:
        port = self.running.enter_context(servers.amazon_mq(self._own("amazon_mq"), self.authority))
        password = {"broker_password": servers.MANAGED_PASSWORD}
        url = f"amqps://127.0.0.1:{port}"
        return _servers_of(self.endpoint, url, self._plain_results, password, self.authority)

    def _redis(self) -> Servers:
        port = self.running.enter_context(servers.managed_valkey(self._own("redis"), self.authority))
        url = f"rediss://127.0.0.1:{port}"
        passwords = dict.fromkeys(("broker_password", "results_password"), servers.MANAGED_PASSWORD)
        return _servers_of(self.endpoint, f"{url}/0", f"{url}/1", passwords, self.authority)

    def _own(self, name: str) -> Path:
        folder = self.folder / f"broker-{name}"
        folder.mkdir()
        return folder


def _servers_of(endpoint: str, broker: str, results: str, *more: Any) -> Servers:
    """Of no application yet."""
    return Servers(endpoint, broker, results, Described(HERE, None), *more)


@dataclass(frozen=True)
class Application:
    """An application in its environment: how a person runs commands of it."""

    environment: TestEnvironment
    folder: Path

    def run(self, *command: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """`app run -- COMMAND` in the application's folder."""
        words = [sys.executable, "-m", "celery_platform", "run", "--", *command]
        return self._run(words, self.environment.variables, timeout)

    def platform(self, *words: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """`app WORDS`."""
        command = [sys.executable, "-m", "celery_platform", *words]
        return self._run(command, self.environment.variables, timeout)

    def python(self, code: str, timeout: float = 240) -> Any:
        """Run code in a process of the application, as its web process would be; what it prints last, as JSON."""
        run = self.run("python", "-c", code, timeout=timeout)
        assert run.returncode == 0, run.stdout
        return json.loads(run.stdout.strip().splitlines()[-1])

    def outsider(self, code: str, **passwords: str) -> Any:
        """Run code in a process that cannot import the platform; what it prints last, as JSON."""
        hidden = "import sys\nsys.modules['celery_platform'] = None\n"
        variables = {
            name: value for name, value in self.environment.variables.items() if not name.startswith("CELERY_")
        } | passwords
        run = self._run([sys.executable, "-c", hidden + code], variables, 240)
        assert run.returncode == 0, run.stdout
        return json.loads(run.stdout.strip().splitlines()[-1])

    def _run(
        self, command: list[str], variables: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=variables, timeout=timeout, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @contextmanager
    def beat(self) -> Any:
        """The environment's beat."""
        command = [sys.executable, "-m", "celery_platform", "beat"]
        log = self.environment.folder / f"beat-{os.urandom(3).hex()}.log"
        with running(command, log, self.environment.variables, stop_seconds=20):
            yield log
