"""Make the test process one of an environment, without using its account or servers."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery_platform import attach
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.resolve import resolve
from celery_platform.settings import runtime
from celery_platform.settings.discovery import Discovery

from tests.harness.environment import LOCAL, described

from .tracing import RUN

BROKER = "redis://127.0.0.1:1/0"


class Chosen:
    """The environment of this process. Its section `application` may be changed before the first use."""

    def __init__(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file = file
        self._monkeypatch = monkeypatch
        model = described(LOCAL)
        broker = model.broker.model_copy(update={"kind": BrokerKind.REDIS})
        self._resolved = resolve(model.model_copy(update={"broker": broker}))
        self._resolved |= {"secrets": {}, "schedule": {}}
        self.application({"routes": [{"tasks": "routed.*", "queue": self.labels[0]}], "default_queue": self.labels[1]})

    @property
    def labels(self) -> list[str]:
        """The labels of the environment's queues."""
        return list(self._resolved["queues"])

    def application(self, changes: dict[str, Any], kind: str | None = None) -> None:
        """Change the section `application`, or the broker's kind."""
        self._resolved["application"] |= changes
        if kind:
            self._resolved["broker"]["kind"] = kind
        self._file.write_text(json.dumps(self._resolved))
        runtime.cache_clear()

    def discovered(self, results_url: str) -> None:
        """The values that AWS would return. Nothing here opens a connection, so no account is needed."""
        found = Discovery(BROKER, results_url, {}, "http://127.0.0.1:1/0")
        self._monkeypatch.setattr(sys.modules["celery_platform.settings.runtime"], "discover", lambda _prefix: found)

    def queue(self, label: str) -> dict[str, Any]:
        """A queue as resolved."""
        return dict(self._resolved["queues"][label])


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chosen]:
    """An environment whose broker is Redis."""
    file = tmp_path / "resolved.json"
    for variable in ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CELERY_ENVIRONMENT_FILE", str(file))
    made = Chosen(file, monkeypatch)
    made.discovered("redis://127.0.0.1:1/1")
    yield made
    runtime.cache_clear()


@pytest.fixture
def app() -> Iterator[Celery]:
    """An application's instance that is not attached yet. Afterwards, it is no longer the current one."""
    made = Celery("theirs", set_as_current=False)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_dead_lettering(monkeypatch: pytest.MonkeyPatch) -> None:
    RUN.clear()
    # A dead-lettered message would be published to a broker, which these tests do not have.
    monkeypatch.setattr(
        "celery_platform.dead_letters.publish", lambda _task, error, *_: RUN.append(("dead-lettered", error))
    )
    monkeypatch.setattr("celery_platform.attachment.guarantees.is_poison", lambda _task: None)


@pytest.fixture
def attached(app: Celery) -> Celery:
    app.conf.update(result_backend="cache+memory://")
    return attach(app)
