"""The environment of `environment.yml` on each kind of broker, on servers of this machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.cases import SHIPPED_SYSTEM, Case
from tests.benchmarks.processes import REPOSITORY
from tests.harness import servers
from tests.harness.environment import Application, Servers, prepare
from tests.harness.processes import free_port

FILE = Path(__file__).with_name("environment.yml")


@dataclass(frozen=True)
class Environments:
    """One environment for each kind of broker, made when it is first asked for.

    `endpoint` is the emulated account's, `amqp` and `redis` are URLs of the servers that all systems share.
    """

    folder: Path
    endpoint: str
    amqp: str
    redis: str
    _made: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, case: Case, broker: str) -> Mapping[str, str]:
        """The variables of a shipped system's processes on the broker of this URL; none for other systems.

        Example: `environments.of(shipped("turbo"), "sqs://")["CELERY_ENVIRONMENT_FILE"]`
        """
        if case.system != SHIPPED_SYSTEM:
            return {}
        kind = {"amqp": "rabbitmq", "redis": "redis", "sqs": "sqs"}[broker.partition(":")[0]]
        if kind not in self._made:
            self._made[kind] = self._prepared(kind)
        return self._made[kind]

    def _prepared(self, kind: str) -> Mapping[str, str]:
        own = self.folder / f"shipped-{kind}"
        own.mkdir()
        # Discovered URLs are without credentials.
        urls = {"rabbitmq": f"amqp://{self.amqp.partition('@')[2].partition('/')[0]}", "redis": f"{self.redis[:-1]}1"}
        secrets = {"broker_password": servers.RABBITMQ_PASSWORD} if kind == "rabbitmq" else {}
        application = Application(FILE, None)
        made = prepare(
            kind, own, Servers(self.endpoint, urls.get(kind, "sqs://"), f"{self.redis[:-1]}2", application, secrets),
            name=f"bench-{kind}",
        )  # fmt: skip
        changed = {name: value for name, value in made.variables.items() if os.environ.get(name) != value}
        return changed | {
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY), changed["PYTHONPATH"])),
            "CELERY_METRICS_PORT": str(free_port()),
            "CELERY_METRICS_ADDRESS": "127.0.0.1",
        }
