"""`make deploy`: everything that a cluster needs, in order, as often as one likes; and the way back."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment import resolve
from celery_platform.errors import ChartError
from celery_platform.release.cluster.deploy import Deployment, deploy, rollback, timeout_seconds, upgrade

from tests.chart.rendered import IMAGE
from tests.harness.environment import PROD, described

from .conftest import Fake, of


def test_the_cluster_gets_what_it_needs_before_the_chart(fake: Fake, production: Deployment) -> None:
    said: list[str] = []
    deploy(fake.cluster, production, said.append)

    assert fake.changes == [("kubectl", "apply"), ("kubectl", "apply"), ("helm", "upgrade", "celery")]
    assert [(one["kind"], one["metadata"]["name"]) for one in fake.applied] == [
        ("Namespace", "celery"),
        ("ConfigMap", "amazon-vpc-cni"),
    ]
    assert said[0] == "KEDA 2.20.2 is there"
    assert said[-1] == "release 1 is running"
    assert {call["kubeconfig"] for call in fake.calls} == {str(fake.cluster.kubeconfig)}


def test_only_restricted_pods_run_in_the_namespace(fake: Fake, production: Deployment) -> None:
    deploy(fake.cluster, production, lambda _: None)

    assert fake.applied[0]["metadata"]["labels"] == {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")
    }


def test_helm_waits_goes_back_on_failure_and_owns_its_fields(fake: Fake, production: Deployment) -> None:
    deploy(fake.cluster, production, lambda _: None)

    (arguments,) = (
        call["arguments"] for call in fake.calls if call["arguments"][:3] == ["upgrade", "--install", "celery"]
    )
    timeout = f"--timeout={timeout_seconds(production)}s"
    assert {"--wait", "--rollback-on-failure", "--server-side=true", "--force-conflicts", timeout} <= set(arguments)
    assert f"--set-literal=image={IMAGE}" in arguments


def test_without_the_authority_nothing_is_deployed(fake: Fake, production: Deployment) -> None:
    lacking = Deployment(production.resolved, production.values, production.image, {"broker_url": "amqps://b:5671"})

    with pytest.raises(ChartError, match=r"expected discovery\.broker_ca_certificate"):
        deploy(fake.cluster, lacking, lambda _: None)


def test_a_rollout_may_wait_for_the_longest_tasks_of_three_quarters_of_a_pool(production: Deployment) -> None:
    resolved = copy.deepcopy(production.resolved)
    before = timeout_seconds(replace(production, resolved=resolved))
    resolved["pools"]["io"]["time_budget"]["stop_timeout"] += 3_600

    assert timeout_seconds(replace(production, resolved=resolved)) == before + 3 * 3_600


def test_tasks_on_hosts_do_not_delay_a_rollout(production: Deployment) -> None:
    resolved = copy.deepcopy(production.resolved)
    before = timeout_seconds(replace(production, resolved=resolved))
    resolved["pools"]["cpu"]["time_budget"]["stop_timeout"] += 3_600

    assert timeout_seconds(replace(production, resolved=resolved)) == before


def test_the_release_command_may_take_its_whole_deadline(tmp_path: Path) -> None:
    wanted = of(with_release_command(), tmp_path)

    assert timeout_seconds(wanted) > 3600
    assert f"--timeout={timeout_seconds(wanted)}s" in upgrade(wanted)


def test_the_deadline_is_that_of_the_chart_that_is_deployed(tmp_path: Path) -> None:
    wanted = of(with_release_command(), tmp_path)
    (tmp_path / "values.yaml").write_text("release_hook: {deadline_seconds: 7200}")

    assert timeout_seconds(replace(wanted, chart=tmp_path)) == timeout_seconds(wanted) + 3600


def with_release_command() -> dict[str, Any]:
    """Production's values with a command before each rollout."""
    env = described(PROD)
    application = env.application.model_copy(update={"release": ("migrate",)})
    return resolve(env.model_copy(update={"application": application}))


def test_node_groups_need_no_switch_for_network_policies(fake: Fake, tmp_path: Path) -> None:
    env = described(PROD)
    eks = env.eks.model_copy(update={"compute": "node_groups"})
    deploy(fake.cluster, of(resolve(env.model_copy(update={"eks": eks})), tmp_path), lambda _: None)

    assert [one["kind"] for one in fake.applied] == ["Namespace"]


def test_the_switch_of_a_cluster_that_was_brought_is_its_owners(fake: Fake, production: Deployment) -> None:
    eks = production.resolved["eks"] | {"existing": {"name": "company", "security_group": "sg-1"}}
    deploy(fake.cluster, of(production.resolved | {"eks": eks}, fake.folder), lambda _: None)

    assert [one["kind"] for one in fake.applied] == ["Namespace"]


def test_labels_that_somebody_set_by_hand_are_taken_over(fake: Fake, production: Deployment) -> None:
    deploy(fake.cluster, production, lambda _: None)

    for call in fake.calls:
        assert call["arguments"][0] != "apply" or {"--server-side", "--force-conflicts"} <= set(call["arguments"])


def test_a_helm_with_other_options_is_refused(fake: Fake, production: Deployment) -> None:
    old = fake.folder / "helm"
    old.write_text("#!/bin/sh\necho v3.19.0\n")
    old.chmod(0o755)
    fake.has(helm=str(old))

    with pytest.raises(ChartError, match=r"expected helm 4 on the PATH, or none; found v3\.19\.0"):
        deploy(fake.cluster, production, lambda _: None)


@pytest.mark.parametrize(
    ("status", "remedy"), [("pending-upgrade", "make rollback"), ("pending-install", "helm uninstall celery")]
)
def test_a_deployment_that_was_killed_is_named_with_the_way_out(
    fake: Fake, production: Deployment, status: str, remedy: str
) -> None:
    fake.has(pending=[{"revision": "2", "status": status, "updated": "2026-11-28 12:00"}])

    with pytest.raises(ChartError, match=f"found release 2, {status} since 2026-11-28 12:00.*{remedy}"):
        deploy(fake.cluster, production, lambda _: None)
    assert fake.changes == []


def test_hosts_alone_have_nothing_to_deploy_here(fake: Fake, production: Deployment) -> None:
    resolved = production.resolved | {"eks": production.resolved["eks"] | {"enabled": False}}

    with pytest.raises(ChartError, match="make site"):
        deploy(fake.cluster, Deployment(resolved, production.values, IMAGE, {}), lambda _: None)


@pytest.mark.parametrize(
    ("statuses", "chosen", "back_to"),
    [
        (["superseded", "deployed"], None, 1),
        (["superseded", "superseded", "deployed"], None, 2),
        # The second failed, so helm went back to the first, which is the third.
        (["superseded", "failed", "deployed"], None, 1),
        # The third was killed, and the pods of the second run on.
        (["superseded", "deployed", "pending-upgrade"], None, 2),
        (["superseded", "superseded", "deployed"], 1, 1),
    ],
)
def test_a_rollback_goes_to_the_release_before(
    fake: Fake, production: Deployment, statuses: list[str], chosen: int | None, back_to: int
) -> None:
    fake.has(history=[{"revision": number, "status": status} for number, status in enumerate(statuses, 1)])
    rollback(fake.cluster, production.resolved, lambda _: None, chosen)

    (arguments,) = (call["arguments"] for call in fake.calls if call["arguments"][0] == "rollback")
    assert arguments[1:3] == ["celery", str(back_to)]
    assert {"--wait", f"--timeout={timeout_seconds(production)}s", "--force-conflicts"} <= set(arguments)


@pytest.mark.parametrize("chosen", [None, 7])
def test_there_must_be_a_release_to_go_back_to(fake: Fake, production: Deployment, chosen: int | None) -> None:
    with pytest.raises(ChartError, match="expected an earlier release to go back to; found releases 1"):
        rollback(fake.cluster, production.resolved, lambda _: None, chosen)
