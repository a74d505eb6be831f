"""`make push`, `make releases`, `make deploy RELEASE=` and `make rollback` as a person types them."""

import json
import subprocess
import sys

import pytest

from tests.harness.servers import REPOSITORY
from tests.release.cluster.conftest import Fake, fake, place
from tests.release.cluster.test_command import make

from .conftest import HOST, Person, note, overwrite, variables

__all__ = ["fake"]


@pytest.fixture
def somebody(fake: Fake, person: Person) -> Person:
    """Who has a cluster that never had pods, and an account whose broker is there."""
    fake.has(history=[{"revision": 1, "status": "deployed"}], values={})
    place(broker_url="amqps://rabbitmq:5671", broker_ca_certificate="PEM")
    return person


def app(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `app`."""
    command = [sys.executable, "-m", "celery_platform", *words]
    return subprocess.run(command, cwd=REPOSITORY, env=variables(), capture_output=True, text=True, check=False)


def test_a_release_is_pushed_listed_deployed_and_named_by_a_rollback(somebody: Person, fake: Fake) -> None:
    pushed = app("release", "push", "prod")
    assert pushed.returncode == 0, pushed.stderr
    (made,) = somebody.store.releases()[0]
    note(made)

    listed = make("releases")
    assert listed.returncode == 0, listed.stderr
    assert (made.id in listed.stdout, made.commit[:12] in listed.stdout, "1 host" in listed.stdout) == (True,) * 3
    assert "pods" not in listed.stdout

    somebody.tree.configure(budget=1)  # what is deployed is what was pushed, whatever the checkout has now
    deployed = make("deploy", f"RELEASE={made.id}")
    assert deployed.returncode == 0, deployed.stderr
    assert deployed.stdout.splitlines()[-1] == f"release 1 is running: {made.id}"
    (upgrade,) = (
        call["arguments"] for call in fake.calls if call["arguments"][:3] == ["upgrade", "--install", "celery"]
    )
    assert f"--set-literal=image={made.image}" in upgrade
    assert upgrade[3].endswith(f"dist/releases/prod/{made.id}/chart")
    assert f"--values={somebody.tree.root}/dist/releases/prod/{made.id}/resolved.json" in upgrade

    assert "1 host, pods" in make("releases").stdout
    somebody.store.remove(made.id)
    assert f"pods: {made.id}, of which there is no record" in make("releases").stdout
    fake.has(history=[{"revision": 1, "status": "superseded"}, {"revision": 2, "status": "deployed"}])
    assert f"which is release 1 again: {made.id}" in make("rollback").stdout


def test_a_changed_release_changes_no_cluster_and_is_named_in_the_list(somebody: Person, fake: Fake) -> None:
    made = somebody.pushes()
    overwrite(f"releases/{made.id}/record.json", b"{}")

    refused = make("deploy", f"RELEASE={made.id}")

    assert refused.returncode != 0
    assert "Do not deploy it" in refused.stderr
    assert fake.changes == []
    assert f"the record of release {made.id}" in make("releases").stdout


def test_what_cannot_be_read_is_an_error_beside_the_rest_of_the_list(somebody: Person) -> None:
    made = somebody.pushes()
    overwrite(f"hosts/{HOST}.json", b"[]")
    overwrite("releases/000000000000-00000000/record.json", b"{}")

    listed = app("release", "list", "prod", "--json")

    assert [one["id"] for one in json.loads(listed.stdout)] == [made.id]
    assert f"what {HOST} runs, in hosts/{HOST}.json" in listed.stderr
    assert "the record of release 000000000000-00000000 as the key" in listed.stderr
    assert listed.returncode == 1


def test_an_image_beside_a_release_is_refused(somebody: Person) -> None:
    made = somebody.pushes()

    refused = make("deploy", f"RELEASE={made.id}", "IMAGE=any@sha256:0")

    assert refused.returncode != 0
    assert "expected: a recorded release or an image" in refused.stderr
