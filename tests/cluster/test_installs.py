"""Level A: an API server takes each environment's chart as it is, and gives back all of it. No pod has to run."""

import json

import pytest

from tests.chart.rendered import Json
from tests.harness.waiting import eventually

from .fields import changed
from .live import Release, kind_of, kubectl, ran

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("said")]


def generations(release: Release) -> dict[str, int | None]:
    """How often each object was changed."""
    return {name_of(one): kept["metadata"].get("generation") for one, kept in release.stored()}


def name_of(one: Json) -> str:
    return f"{kind_of(one)} {one['metadata']['name']}"


def test_nothing_is_warned_of(said: str) -> None:
    """In a namespace that warns of every pod outside the restricted profile."""
    assert said == ""


def test_every_object_is_stored_as_it_was_sent(release: Release) -> None:
    found = {name_of(one): list(changed(one, kept)) for one, kept in release.stored()}

    assert found
    assert {name: paths for name, paths in found.items() if paths} == {}


def at_least_the_minimum(release: Release) -> bool:
    """Whether each HPA has given its Deployment the least number of pods, which changes the Deployment."""
    where = f"--namespace={release.namespace}"
    asked = {one["metadata"]["name"]: one["spec"]["replicas"] for one in kubectl("get", "deployments", where)["items"]}
    scaled = [one["spec"] for one in kubectl("get", "hpa", where)["items"]]
    return all(asked[one["scaleTargetRef"]["name"]] >= one["minReplicas"] for one in scaled)


def test_an_upgrade_to_the_same_changes_no_object(release: Release, case: Json) -> None:
    eventually(lambda: at_least_the_minimum(release), "as many pods as each HPA asks for at least", 60)
    before = generations(release)

    assert release.upgrade(case) == ""
    assert generations(release) == before


def test_a_rollback_brings_the_former_objects_back(release: Release, case: Json) -> None:
    before = release.sent()
    name, pool = next(iter((name, pool) for name, pool in case["pools"].items() if pool["runs_on"] == "eks"))
    release.upgrade(case | {"pools": case["pools"] | {name: pool | {"memory_mib": pool["memory_mib"] + 64}}})
    assert release.sent() != before

    release.rollback()

    assert release.sent() == before
    assert [path for one, kept in release.stored() for path in changed(one, kept)] == []


def test_nothing_stays_when_it_is_uninstalled(release: Release) -> None:
    """The last test of a case."""
    sent = release.sent()
    release.uninstall()

    for one in sent:
        name = one["metadata"]["name"]
        left = ran("kubectl", "get", kind_of(one), name, f"--namespace={release.namespace}", "--ignore-not-found",
                   "--output=name")  # fmt: skip
        # The controller of an object may still be removing what it owns.
        assert left.stdout == "" or "deletionTimestamp" in json.dumps(
            kubectl("get", kind_of(one), name, f"--namespace={release.namespace}")
        )
