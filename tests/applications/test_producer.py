"""A producer that does not attach, and could not: plain Celery with what `app settings --producer` prints."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .estate import HERE, Application, Estate, eventually

PUBLISH = """
import json, sys, uuid
from celery import Celery
sys.path.insert(0, {folder!r})
app = Celery("elsewhere")
app.config_from_object("printed")
sent = {{
    "good": app.send_task("plain.add", (1, 2)),
    "delayed": app.send_task("plain.add", (3, 4), countdown=2),
    "routed": app.send_task("plain.slow", (0.1,)),
    "by_label": app.send_task("plain.add", (5, 6), queue="slow"),
    "retried": app.send_task("plain.flaky", (1,)),
    "broken": app.send_task("plain.broken"),
}}
values = {{name: result.get(timeout=40, propagate=False) for name, result in sent.items()}}
print(json.dumps({{"values": values, "broken": sent["broken"].id, "routed": sent["routed"].id}}, default=repr))
"""


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, marks=pytest.mark.slow) for kind in ("rabbitmq", "amazon_mq", "sqs", "redis")],
)
def application(request: pytest.FixtureRequest, estate: Estate) -> Iterator[Application]:
    """The plain application; a worker of it runs."""
    environment = estate.environment("plain", request.param, {}, suffix="producer")
    with environment.worker("main"):
        yield Application(environment, HERE / "plain")


def printed(application: Application, folder: Path) -> dict[str, str]:
    """The printed module in `folder`; returns the variables that hold its passwords."""
    (folder / "printed.py").write_text(application.platform("settings", "--producer", "--python").stdout)
    said = json.loads(application.platform("settings", "--producer", "--json").stdout)
    client = application.environment.client("secretsmanager")
    return {
        place.upper(): client.get_secret_value(SecretId=secret)["SecretString"]
        for place, secret in said["passwords"].items()
    }


def test_its_tasks_run_with_every_guarantee(application: Application, tmp_path: Path) -> None:
    passwords = printed(application, tmp_path)
    ran = application.outsider(PUBLISH.format(folder=str(tmp_path)), **passwords)
    values = ran["values"]
    assert "broken for good" in values.pop("broken")
    assert values == {"good": 3, "delayed": 7, "routed": 0.1, "by_label": 11, "retried": [1, 2]}

    def letters() -> str:
        return application.platform("dlq", "list", "--json").stdout

    eventually(lambda: ran["broken"] in letters(), "the dead letter of the task that failed for good")
    log = "".join(file.read_text() for file in application.environment.folder.glob("worker-*.log"))
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line["queue"] for line in lines if line.get("task_id") == ran["routed"] and "outcome" in line] == ["slow"]


def test_no_password_is_printed_and_each_has_a_place(application: Application) -> None:
    text = application.platform("settings", "--producer", "--json").stdout
    said = json.loads(text)
    values = [secret for secret in SECRETS if secret in text.replace(f'"{secret}"', "")]
    assert values == []
    for place in said["passwords"]:
        assert f"{{{place}}}" in said["settings"]["broker_url"] + said["settings"]["result_backend"]


SECRETS = ("p@ss/word-of-sixteen", "p%40ss", ":guest@")
