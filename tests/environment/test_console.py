"""The console as a service: off unless the file says where it runs, and it may do no more than that needs."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

ARN = "arn:aws:elasticloadbalancing:{region}:111122223333:loadbalancer/app/console/0123456789abcdef"
MONITORING = "monitoring: {instance_type: t3.medium, retention_gib: 30}\n"


def add(edit_prod: Edit, keys: str) -> None:
    edit_prod(MONITORING, f"{MONITORING}console: {{{keys}}}\n")


def test_by_default_there_is_none_and_the_monitoring_host_reads_no_login_of_the_app() -> None:
    resolved = resolve(load("prod"))

    assert resolved["console"] is None
    assert "broker_password" not in resolved["workloads"]["monitoring"]["secrets"]


def test_it_only_shows_unless_the_file_allows_actions(edit_prod: Edit) -> None:
    add(edit_prod, "runs_on: hosts")

    assert resolve(load("prod"))["console"] == {
        "runs_on": "hosts", "allow_actions": False, "load_balancer": None, "port": 8321,
    }  # fmt: skip


def test_on_the_monitoring_host_its_role_reads_the_login_with_which_messages_are_read(edit_prod: Edit) -> None:
    add(edit_prod, "runs_on: hosts")
    workloads = resolve(load("prod"))["workloads"]

    assert set(workloads["monitoring"]["secrets"]) == {"monitoring_password", "results_password", "broker_password"}
    assert "console" not in workloads


def test_beside_pods_it_has_a_role_of_its_own(edit_prod: Edit) -> None:
    add(edit_prod, "runs_on: eks")
    workloads = resolve(load("prod"))["workloads"]

    assert workloads["console"]["service_account"] == "celery/console"
    assert "broker_password" not in workloads["monitoring"]["secrets"]


@pytest.mark.parametrize(
    ("keys", "receives", "looks", "sends"),
    [("runs_on: hosts", (), ("*-dlq",), ()),
     ("runs_on: hosts, allow_actions: true", ("*-dlq",), (), ("*", "*-dlq"))],
)  # fmt: skip
def test_on_sqs_it_takes_and_sends_messages_only_if_it_may_act(
    edit_prod: Edit, keys: str, receives: tuple[str, ...], looks: tuple[str, ...], sends: tuple[str, ...]
) -> None:
    edit_prod("  kind: rabbitmq", "  kind: sqs")
    add(edit_prod, keys)
    needs = resolve(load("prod"))["workloads"]["monitoring"]

    assert (needs["receives"], needs["looks"], needs["sends"]) == (receives, looks, sends)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("runs_on: hosts, load_balancer: " + ARN.format(region="eu-west-1"), "load_balancer: found one, with"),
        ("runs_on: eks, load_balancer: " + ARN.format(region="us-east-1"), "load_balancer: found one in us-east-1"),
        ("runs_on: eks, load_balancer: console.example.com", "load_balancer: found 'console.example.com'"),
        ("runs_on: there", "runs_on: found 'there'"),
    ],
)
def test_what_cannot_be_is_refused(edit_prod: Edit, keys: str, found: str) -> None:
    add(edit_prod, keys)

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert f"console.{found}" in str(refused.value)


def test_without_a_monitoring_host_it_has_no_machine(edit_prod: Edit) -> None:
    edit_prod(MONITORING, "console: {runs_on: hosts}\n")

    with pytest.raises(EnvironmentFileError, match=r"console\.runs_on: found hosts, without a monitoring host"):
        load("prod")


def test_without_pools_on_eks_it_has_no_cluster(edit_prod: Edit) -> None:
    edit_prod("runs_on: eks", "runs_on: hosts")
    add(edit_prod, "runs_on: eks")

    with pytest.raises(EnvironmentFileError, match=r"console\.runs_on: found eks, with no pool there"):
        load("prod")
