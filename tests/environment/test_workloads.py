"""Each workload's permissions follow from the file: its own queues and secrets, and nothing else."""

import pytest
from celery_platform.environment import load, resolve

from .conftest import Edit


def test_a_worker_receives_from_its_own_queues_only() -> None:
    workloads = resolve(load("dev"))["workloads"]

    assert workloads["worker-cpu"]["drains"] == (("slow", "nightly"),)
    assert workloads["worker-io"]["drains"] == (("effects", "default", "quick"),)


def test_only_the_pool_whose_tasks_call_the_ledger_may_read_its_key() -> None:
    workloads = resolve(load("dev"))["workloads"]

    assert [name for name, needs in workloads.items() if "ledger" in needs["secrets"]] == ["worker-io"]


def test_beat_sends_delayed_messages_to_every_queue_and_receives_nothing() -> None:
    beat = resolve(load("dev"))["workloads"]["beat"]

    assert (beat["sends"], beat["receives"]) == (("*",), ())


def test_without_sqs_no_role_names_a_queue() -> None:
    workloads = resolve(load("prod"))["workloads"]

    assert {
        queue for needs in workloads.values() for queue in needs["receives"] + needs["sends"] + needs["drains"]
    } == set()


def test_a_monitoring_host_finds_hosts_and_measures_queues_but_changes_none(edit_prod: Edit) -> None:
    edit_prod("  kind: rabbitmq", "  kind: sqs")
    workloads = resolve(load("prod"))["workloads"]
    needs = workloads["monitoring"]

    assert (needs["on"], needs["finds_hosts"], needs["watches"]) == ("hosts", True, True)
    assert set(needs["measures"]) == set(workloads["dead-letters"]["measures"])
    assert needs["receives"] == needs["sends"] == ()
    assert [name for name, other in workloads.items() if other["finds_hosts"]] == ["monitoring"]


def test_by_default_there_is_no_monitoring_host(edit_prod: Edit) -> None:
    edit_prod("monitoring: {instance_type: t3.medium, retention_gib: 30}\n", "")
    resolved = resolve(load("prod"))

    assert resolved["monitoring_hosts"] == {}
    assert "monitoring" not in resolved["workloads"]


def test_the_role_of_a_rabbitmq_node_reads_no_secret() -> None:
    assert resolve(load("prod"))["workloads"]["rabbitmq"]["secrets"] == ()


def test_no_role_may_read_the_private_key_of_the_ca(edit_prod: Edit) -> None:
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
def test_a_value_that_would_expose_the_environment_is_refused(edit_prod: Edit, old: str, new: str, path: str) -> None:
    edit_prod(old, new)

    with pytest.raises(Exception, match=path.replace(".", r"\.")):
        load("prod")


def test_keda_without_a_management_api_to_ask_is_refused(edit_prod: Edit) -> None:
    edit_prod('rabbitmq: {version: "4.0"', 'rabbitmq: {tls: false, version: "4.0"')

    with pytest.raises(Exception, match="autoscaler: found keda with a RabbitMQ without TLS; allowed: hpa, or"):
        load("prod")


def test_a_pod_may_not_read_a_secret_whose_variable_its_pool_overrides(edit_prod: Edit) -> None:
    edit_prod("  buckets: [files]", "  secrets: {KEY: key}\n  buckets: [files]")
    edit_prod("max: 20, instance_type: m7i.large}", "max: 20, instance_type: m7i.large, variables: {KEY: none}}")

    workloads = resolve(load("prod"))["workloads"]

    assert [name for name in ("worker-io", "worker-cpu", "beat") if "key" in workloads[name]["secrets"]] == [
        "worker-cpu",
        "beat",
    ]


def test_by_default_hosts_ship_nothing(edit_prod: Edit) -> None:
    assert resolve(load("prod"))["logs"]["host_group"] == "/celery/celery-prod/hosts"
    edit_prod("retention_days: 365, hosts: true", "retention_days: 365")

    assert resolve(load("prod"))["logs"]["host_group"] is None
