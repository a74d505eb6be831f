"""Processes of the application beside its workers: where they run, with what, and what is refused."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

WEB = "web: {runs_on: eks, command: [gunicorn, mysite.wsgi], port: 8000, health_path: /healthz, calls: [ledger]}"
FEED = "feed: {runs_on: hosts, command: [python, -m, feed], calls: [database], port: 8000}"
POOLS = "pools:\n"
# A second pool with machines, one of them.
SMALL = "  small: {runs_on: hosts, type: threads, concurrency: 2, min: 1, max: 1, instance_type: c7i.large}\n"
NIGHTLY = "nightly: {pool: cpu, soft_time_limit_seconds: 240}"


def add(edit: Edit, *processes: str) -> None:
    edit("schedule:\n", "\n".join(["processes:", *(f"  {one}" for one in processes), "schedule:\n"]))


def two_pools_with_machines(edit: Edit) -> None:
    edit(POOLS, f"{POOLS}{SMALL}")
    edit(NIGHTLY, "nightly: {pool: small, soft_time_limit_seconds: 240}")


def refusal() -> str:
    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")
    return str(refused.value)


def test_by_default_there_is_none() -> None:
    assert resolve(load("prod"))["processes"] == {}


def test_a_process_is_run_by_its_name_so_that_no_unit_or_manifest_contains_its_command(edit_prod: Edit) -> None:
    add(edit_prod, WEB)

    web = resolve(load("prod"))["processes"]["web"]

    assert web["arguments"] == ["process", "web"]
    assert web["command"] == ["gunicorn", "mysite.wsgi"]
    assert (web["component"], web["replicas"], web["hosts"]) == ("process-web", 2, [])


def test_on_hosts_it_runs_on_the_first_machines_of_the_only_pool_that_has_some(edit_prod: Edit) -> None:
    add(edit_prod, FEED)

    feed = resolve(load("prod"))["processes"]["feed"]

    assert (feed["machines"], feed["hosts"]) == ("cpu", ["celery-prod-worker-cpu-1", "celery-prod-worker-cpu-2"])


def test_the_tenth_machine_comes_after_the_second(edit_prod: Edit) -> None:
    edit_prod("min: 3, max: 3", "min: 11, max: 11")
    add(edit_prod, FEED.replace("{", "{replicas: 3, "))

    hosts = resolve(load("prod"))["processes"]["feed"]["hosts"]

    assert hosts == [f"celery-prod-worker-cpu-{number}" for number in (1, 2, 3)]


def test_of_several_pools_with_machines_one_is_named(edit_prod: Edit) -> None:
    two_pools_with_machines(edit_prod)
    add(edit_prod, FEED.replace("{", "{hosts_with: small, "))

    feed = resolve(load("prod"))["processes"]["feed"]

    assert feed["hosts"] == ["celery-prod-worker-small-1"], "there is one machine, so one by default"


def test_a_process_in_pods_has_a_role_with_the_secrets_of_what_it_calls(edit_prod: Edit) -> None:
    edit_prod("kind: rabbitmq\n", "kind: sqs\n")
    add(edit_prod, WEB)

    role = resolve(load("prod"))["workloads"]["process-web"]

    assert role["service_account"] == "celery/process-web"
    assert role["secrets"] == ("results_password", "ledger")
    assert (role["sends"], role["measures"], role["receives"], role["drains"]) == (("*",), ("*",), (), ())


def test_its_own_variable_replaces_a_secret_which_its_role_may_then_not_read(edit_prod: Edit) -> None:
    edit_prod("  buckets: [files]", "  secrets: {KEY: key}\n  buckets: [files]")
    add(edit_prod, WEB.replace("port:", "variables: {KEY: none}, secrets: {TOKEN: token}, port:"))

    role = resolve(load("prod"))["workloads"]["process-web"]

    assert "key" not in role["secrets"]
    assert "token" in role["secrets"]


def test_its_permissions_are_those_of_its_role_alone(edit_prod: Edit) -> None:
    statement = "{actions: [dynamodb:GetItem], resources: ['arn:aws:dynamodb:eu-west-1:111122223333:table/orders']}"
    permissions = f"permissions: {{buckets: {{files: [read]}}, statements: [{statement}]}}"
    add(edit_prod, WEB.replace("port:", f"{permissions}, port:"))

    resolved = resolve(load("prod"))

    assert resolved["workloads"]["process-web"]["buckets"] == {"files": ("read",)}
    assert [name for name, role in resolved["workloads"].items() if role["statements"]] == ["process-web"]
    assert resolved["delivery"]["services"] == ["dynamodb"]


def test_on_hosts_the_role_of_the_machines_may_what_the_process_needs(edit_prod: Edit) -> None:
    add(edit_prod, FEED.replace("[database]", "[ledger]").replace("port:", "secrets: {TOKEN: token}, port:"))

    workloads = resolve(load("prod"))["workloads"]

    assert {"ledger", "token"} <= set(workloads["worker-cpu"]["secrets"])
    assert [name for name in workloads if "feed" in name] == []


@pytest.mark.parametrize(
    ("process", "told"),
    [
        (WEB.replace("gunicorn", '""'), "processes.web.command: found an empty first word"),
        (WEB.replace("[gunicorn, mysite.wsgi]", "[]"), "processes.web.command: found an empty list"),
        (WEB.replace("web:", "io:"), "processes.io: found io, which is a pool, too"),
        (WEB.replace("web:", "relay:"), "processes.relay: found relay, the relay of the outbox"),
        (WEB.replace("web:", "web_site:"), "processes.web_site: found an underscore in the name of a process on EKS"),
        (WEB.replace("port: 8000, ", ""), "processes.web.health_path: found /healthz without a port"),
        (WEB.replace("8000", "80"), "processes.web.port: found 80; allowed: a whole number from 1024 to 65535"),
        (WEB.replace("/healthz", "healthz"), "processes.web.health_path: found 'healthz'; allowed: a path of HTTP"),
        (WEB.replace("ledger", "legder"), "processes.web.calls: found 'legder'; allowed: one of"),
        (WEB.replace("port:", "hosts_with: cpu, port:"), "processes.web.hosts_with: found a process that runs on eks"),
        (WEB.replace("port:", "variables: {PATH: /bin}, port:"), "processes.web.variables.PATH: found PATH"),
        (WEB.replace("port:", "variables: {A: a}, secrets: {A: a}, port:"), "a secret and a variable called A"),
        (WEB.replace("port:", "permissions: {buckets: {other: [read]}}, port:"), "permissions.buckets: found other"),
        (FEED.replace("port:", "hosts_with: io, port:"), "processes.feed.hosts_with: found 'io'; allowed: a pool with"),
        (FEED.replace("port:", "replicas: 4, port:"), "processes.feed.replicas: found 4; allowed: at most 3"),
        (FEED.replace("8000", "9540"), "processes.feed.port: found 9540, at which the metrics of pool cpu"),
    ],
)  # fmt: skip
def test_a_process_that_could_not_run_is_refused_with_the_reason(edit_prod: Edit, process: str, told: str) -> None:
    add(edit_prod, process)

    assert told in refusal()


@pytest.mark.parametrize("large", ["cpu: 4", "memory_mib: 16000"])
def test_a_pod_that_no_node_of_the_groups_could_hold_is_refused(edit_prod: Edit, large: str) -> None:
    edit_prod("compute: auto", "compute: node_groups")
    add(edit_prod, WEB.replace("port:", f"{large}, port:"))

    assert "MiB, which no node has left; allowed: what fits on one of m7i.large, or eks.compute: auto" in refusal()


def test_two_processes_on_a_machine_do_not_listen_at_the_same_port(edit_prod: Edit) -> None:
    add(edit_prod, FEED, FEED.replace("feed:", "other:"))

    assert "processes.other.port: found 8000, at which answers of process feed are already served" in refusal()


def test_of_several_pools_with_machines_none_is_guessed(edit_prod: Edit) -> None:
    two_pools_with_machines(edit_prod)
    add(edit_prod, FEED)

    assert "feed.runs_on: found hosts, with 2 pools that have machines; allowed: hosts_with: one of" in refusal()


def test_without_a_pool_on_hosts_no_process_runs_there(edit_prod: Edit) -> None:
    edit_prod(
        "runs_on: hosts, type: prefork, concurrency: 4, min: 3", "runs_on: eks, type: prefork, concurrency: 4, min: 3"
    )
    edit_prod("cpu: 4, memory_mib: 6144", "cpu: 1, memory_mib: 1024")
    add(edit_prod, FEED)

    assert "processes.feed.runs_on: found hosts, with no pool on hosts; allowed: eks, or a pool on hosts" in refusal()


def test_without_a_pool_on_eks_there_is_no_cluster_for_a_process(edit_prod: Edit) -> None:
    edit_prod(
        "io: {runs_on: eks, type: threads, concurrency: 32, min: 2, max: 20",
        "io: {runs_on: hosts, type: threads, concurrency: 32, min: 2, max: 2",
    )
    add(edit_prod, WEB)

    assert "processes.web.runs_on: found eks without a pool that runs on eks" in refusal()
