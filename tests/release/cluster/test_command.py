"""`make deploy` and `make rollback` as a person types them."""

import subprocess
from pathlib import Path

import pytest

from tests.chart.rendered import IMAGE
from tests.harness.environment import ENVIRONMENTS
from tests.harness.servers import REPOSITORY
from tests.terraform.conftest import copied

from .conftest import Fake, place

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("account")]


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """As a person types it. Below another `make`, which may run the tests, it would say more of its folder."""
    command = ["make", "--no-print-directory", *words, "ENV=prod", "CONTEXT=try"]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rendered copy of the tests' environments."""
    folder = copied(tmp_path, ENVIRONMENTS).folder / "environments"
    monkeypatch.setenv("ENVIRONMENTS", str(folder))
    return folder


def test_what_the_account_knows_is_deployed_and_taken_back(fake: Fake) -> None:
    place(broker_url="amqps://rabbitmq:5671", broker_ca_certificate="PEM")
    deployed = make("deploy", f"IMAGE={IMAGE}")

    assert deployed.returncode == 0, deployed.stderr
    assert deployed.stdout.splitlines()[-1] == "release 1 is running"
    (arguments,) = (
        call["arguments"] for call in fake.calls if call["arguments"][:3] == ["upgrade", "--install", "celery"]
    )
    assert "--set-literal=discovery.broker_ca_certificate=PEM" in arguments

    fake.has(history=[{"revision": 1, "status": "superseded"}, {"revision": 2, "status": "deployed"}])
    taken_back = make("rollback")

    assert taken_back.returncode == 0, taken_back.stderr
    assert "which is release 1 again" in taken_back.stdout


@pytest.mark.usefixtures("fake")
def test_further_values_of_the_chart_come_from_a_file(tmp_path: Path) -> None:
    place(broker_url="amqps://rabbitmq:5671", broker_ca_certificate="PEM")
    own = tmp_path / "values.yaml"
    own.write_text("metrics_discovery: pod_monitor")
    refused = make("deploy", f"IMAGE={IMAGE}", f"VALUES={own}")

    assert refused.returncode != 0
    assert "expected metrics_discovery to be one of" in refused.stderr

    own.write_text("metrics_discovery: none")
    deployed = make("deploy", f"IMAGE={IMAGE}", f"VALUES={own}")

    assert deployed.returncode == 0, deployed.stderr


def test_a_file_that_was_not_rendered_is_refused(fake: Fake, environments: Path) -> None:
    file = environments / "prod" / "environment.yml"
    file.write_text(file.read_text().replace("max: 20", "max: 21", 1))
    refused = make("deploy", f"IMAGE={IMAGE}")

    assert refused.returncode != 0
    assert "Run `make render`" in refused.stderr
    assert fake.changes == []


def test_the_way_back_does_not_wait_for_a_file_that_was_not_rendered(fake: Fake, environments: Path) -> None:
    file = environments / "prod" / "environment.yml"
    file.write_text(file.read_text().replace("max: 20", "max: 21", 1))
    fake.has(history=[{"revision": 1, "status": "superseded"}, {"revision": 2, "status": "deployed"}])
    taken_back = make("rollback")

    assert taken_back.returncode == 0, taken_back.stderr
    assert "which is release 1 again" in taken_back.stdout
