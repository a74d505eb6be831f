"""Each workload's needs follow from the file: its own queues and secrets, and nothing else."""

import pytest
from celery_platform.environment import load, resolve

from .conftest import Edit


def test_a_worker_receives_from_its_own_queues_only() -> None:
    workloads = resolve(load("dev"))["workloads"]

    assert workloads["worker-cpu"]["receives"] == ("slow", "nightly")
    assert workloads["worker-io"]["receives"] == ("effects", "default", "quick")


def test_only_the_pool_whose_tasks_call_the_ledger_reads_its_key() -> None:
    workloads = resolve(load("dev"))["workloads"]

    assert [name for name, needs in workloads.items() if "ledger" in needs["secrets"]] == ["worker-io"]


def test_beat_sends_to_every_queue_what_was_kept_for_later_and_receives_nothing() -> None:
    resolved = resolve(load("dev"))
    beat = resolved["workloads"]["beat"]

    assert (set(beat["sends"]), beat["receives"]) == (set(resolved["queues"]), ())


def test_without_sqs_no_role_names_a_queue() -> None:
    workloads = resolve(load("prod"))["workloads"]

    assert {queue for needs in workloads.values() for queue in needs["receives"] + needs["sends"]} == set()


def test_a_monitoring_host_finds_hosts_and_sees_every_queue_and_touches_none(edit_prod: Edit) -> None:
    edit_prod("  kind: rabbitmq", "  kind: sqs")
    workloads = resolve(load("prod"))["workloads"]
    needs = workloads["monitoring"]

    assert (needs["on"], needs["finds_hosts"], needs["watches"]) == ("hosts", True, True)
    assert set(needs["measures"]) == set(workloads["dead-letters"]["measures"])
    assert needs["receives"] == needs["sends"] == ()
    assert [name for name, other in workloads.items() if other["finds_hosts"]] == ["monitoring"]


def test_no_monitoring_host_is_made_unasked(edit_prod: Edit) -> None:
    edit_prod("monitoring: {instance_type: t3.medium, retention_gib: 30}\n", "")
    resolved = resolve(load("prod"))

    assert resolved["monitoring_hosts"] == {}
    assert "monitoring" not in resolved["workloads"]


def test_a_rabbitmq_node_reads_no_secret_with_its_own_role() -> None:
    assert resolve(load("prod"))["workloads"]["rabbitmq"]["secrets"] == ()


def test_the_authoritys_key_is_nobodys_but_the_controllers(edit_prod: Edit) -> None:
    edit_prod('rabbitmq: {version: "4.0"', 'rabbitmq: {tls: true, version: "4.0"')

    resolved = resolve(load("prod"))

    assert resolved["secrets"]["broker_ca"] == "celery-prod/broker-ca"
    assert [name for name, needs in resolved["workloads"].items() if "broker_ca" in needs["secrets"]] == []


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("compute: auto", "compute: auto, version: '1.20'", "eks.version: found 1.20"),
        ("compute: auto", "compute: auto, public_access_cidrs: [0.0.0.0/0]", "public_access_cidrs"),
        ("  plan: repo:example/celery:pull_request", "  plan: repo:example/*", "delivery.plan"),
    ],
)  # fmt: skip
def test_what_would_open_the_estate_is_refused(edit_prod: Edit, old: str, new: str, path: str) -> None:
    edit_prod(old, new)

    with pytest.raises(Exception, match=path.replace(".", r"\.")):
        load("prod")


def test_a_pod_may_not_read_the_secret_whose_variable_is_its_pools_own(edit_prod: Edit) -> None:
    edit_prod("  buckets: [files]", "  secrets: {KEY: key}\n  buckets: [files]")
    edit_prod("max: 20, instance_type: m7i.large}", "max: 20, instance_type: m7i.large, variables: {KEY: none}}")

    workloads = resolve(load("prod"))["workloads"]

    assert [name for name in ("worker-io", "worker-cpu", "beat") if "key" in workloads[name]["secrets"]] == [
        "worker-cpu",
        "beat",
    ]
