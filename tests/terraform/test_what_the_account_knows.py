"""Before a plan, EC2 and Service Quotas are asked whether the section `account` is true, and what newer sizes have.

boto3's own Stubber stands in for both: the emulator has no newer sizes, and every quota's default.
"""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from celery_platform.environment.aws.regions import SUFFIX, regions
from celery_platform.environment.load import parse
from celery_platform.environment.model import Environment
from celery_platform.environment.quotas import NODE_GROUPS, Quota

from tests.harness.environment import PROD

from .deployment import ACCOUNT, KEYS

AUTO = "eks: {compute: auto} # nodes for pending pods; node groups would need a cluster autoscaler"
IO = "max: 20, instance_type: m7i.large}"
NEWER = "{instance_types: {m10g.large: {architecture: arm64, vcpus: 2, memory_mib: 8192, max_pods: 29}}}"
# The data knows its name and nothing else of it.
BARELY_KNOWN = "p2.8xlarge"
Stub = Callable[[str], Stubber]


def environment(section: str = "{}", instance_type: str = "m7i.large", memory_mib: int = 1_024) -> Environment:
    """Production with nodes of this type, pods of this size and this section `account`."""
    text = PROD.read_text().replace(AUTO, "eks: {compute: node_groups}")
    pool = IO.replace("m7i.large}", f"{instance_type}, memory_mib: {memory_mib}}}")
    assert IO in text
    return parse(f"{text.replace(IO, pool)}account: {section}\n".encode(), PROD)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """The stub of a service, which refuses a call without a given answer."""
    clients: dict[str, Any] = {service: boto3.client(service, **KEYS) for service in ("ec2", "service-quotas")}
    stubs = {service: Stubber(client) for service, client in clients.items()}
    monkeypatch.setattr(boto3, "client", lambda service, **_: clients[service])
    for one in stubs.values():
        one.activate()
    yield lambda service: stubs[service]
    for one in stubs.values():
        one.assert_no_pending_responses()


def described(size: str, architecture: str = "arm64", vcpus: int = 2, memory_mib: int = 8_192) -> dict[str, Any]:
    return {
        "InstanceType": size,
        "ProcessorInfo": {"SupportedArchitectures": [architecture]},
        "VCpuInfo": {"DefaultVCpus": vcpus},
        "MemoryInfo": {"SizeInMiB": memory_mib},
        "NetworkInfo": {
            "DefaultNetworkCardIndex": 0,
            "NetworkCards": [{"NetworkCardIndex": 0, "MaximumNetworkInterfaces": 3}],
            "Ipv4AddressesPerInterface": 10,
        },
    }


def sizes_told(env: Environment) -> list[str]:
    from runner import node_sizes

    return [str(problem) for problem in node_sizes.problems_of(env)]


def quotas_told(env: Environment) -> list[str]:
    from runner import quotas

    return [str(problem) for problem in quotas.problems_of(env)]


def expect(ec2: Stubber, size: str, *answers: dict[str, Any]) -> None:
    """One call, which asks for this size only."""
    ec2.add_response(
        "describe_instance_types",
        {"InstanceTypes": list(answers)},
        {"Filters": [{"Name": "instance-type", "Values": [size]}]},
    )


@pytest.mark.usefixtures("stub")
def test_ec2_is_not_asked_about_sizes_that_the_data_knows() -> None:
    assert sizes_told(environment()) == []


def test_a_pod_that_a_newly_described_size_cannot_hold_is_named(stub: Stub) -> None:
    env = environment(instance_type=BARELY_KNOWN, memory_mib=60_000)

    expect(stub("ec2"), BARELY_KNOWN, described(BARELY_KNOWN, "x86_64", vcpus=32, memory_mib=61_440))
    (told,) = sizes_told(env)
    assert told.startswith(f"pools.io.memory_mib: found 60,000 MiB for a pod on {BARELY_KNOWN}; ")
    assert "allowed: at most 59,806 MiB of its 61,440 MiB; the node itself needs the rest (amazon-eks-ami" in told
    expect(stub("ec2"), BARELY_KNOWN, described(BARELY_KNOWN, "x86_64", vcpus=32, memory_mib=131_072))
    assert sizes_told(env) == []


def test_a_size_that_ec2_does_not_describe_is_left_to_the_offers(stub: Stub) -> None:
    expect(stub("ec2"), BARELY_KNOWN)

    assert sizes_told(environment(instance_type=BARELY_KNOWN)) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, []),
        ({"architecture": "x86_64"}, ["architecture: found arm64; allowed: amd64, which EC2 says of m10g.large"]),
        ({"vcpus": 4}, ["vcpus: found 2; allowed: 4, which EC2 says of m10g.large"]),
        ({"memory_mib": 4_096}, ["memory_mib: found 8192; allowed: 4096, which EC2 says of m10g.large"]),
    ],
)
def test_ec2_has_to_say_the_same_of_a_newer_size(stub: Stub, said: dict[str, Any], told: list[str]) -> None:
    expect(stub("ec2"), "m10g.large", described("m10g.large", **said))

    assert sizes_told(environment(NEWER)) == [f"account.instance_types.'m10g.large'.{one}" for one in told]


def test_a_pod_has_to_fit_into_what_ec2_says_and_not_what_the_file_says(stub: Stub) -> None:
    expect(stub("ec2"), "m10g.large", described("m10g.large", memory_mib=4_096))

    told = sizes_told(environment(NEWER, "m10g.large", memory_mib=6_000))

    assert "pools.io.memory_mib: found 6,000 MiB for a pod on m10g.large; allowed: at most 3,295 MiB" in told[-1]


@pytest.mark.usefixtures("stub")
def test_service_quotas_is_not_asked_about_defaults() -> None:
    assert quotas_told(environment()) == []


RAISED = "{quotas: {managed_node_groups_per_cluster: 50}}"
ASKED = {"ServiceCode": "eks", "QuotaCode": NODE_GROUPS.code}
TOLD = "allowed: at most {}, or a request: aws service-quotas request-service-quota-increase --service-code eks "


@pytest.mark.parametrize(("granted", "is_enough"), [(30, False), (49, False), (50, True), (100, True)])
def test_an_account_has_the_raised_quota(stub: Stub, granted: int, is_enough: bool) -> None:
    stub("service-quotas").add_response("get_service_quota", {"Quota": {"Value": float(granted)}}, ASKED)

    told = quotas_told(environment(RAISED))

    where = f"account.quotas.managed_node_groups_per_cluster: found 50, where the account has {granted}; "
    assert told == [] if is_enough else told[0].startswith(f"{where}{TOLD.format(granted)}")


def test_a_quota_that_service_quotas_has_no_value_of_is_the_default(stub: Stub) -> None:
    stub("service-quotas").add_client_error("get_service_quota", "NoSuchResourceException", expected_params=ASKED)

    assert "where the account has 30" in quotas_told(environment(RAISED))[0]


def test_a_missing_permission_is_not_taken_for_a_missing_quota(stub: Stub) -> None:
    stub("service-quotas").add_client_error("get_service_quota", "AccessDeniedException")

    with pytest.raises(Exception, match="AccessDenied"):
        quotas_told(environment(RAISED))


def test_iam_is_asked_in_the_region_that_has_its_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    from runner import quotas

    asked: list[tuple[str, str]] = []

    def granted(quota: Quota, region: str) -> int:
        asked.append((quota.service, region))
        return 100

    monkeypatch.setattr(quotas, "_granted", granted)
    every = "managed_policies_per_role: 20, inbound_or_outbound_rules_per_security_group: 100"

    assert quotas_told(environment(f"{{quotas: {{{every}}}}}")) == []
    assert asked == [("iam", "us-east-1"), ("vpc", "eu-west-1")]
    assert {one.partition for one in regions().values() if one.suffix == SUFFIX} == set(quotas.IAM_REGIONS)


def test_all_differences_are_in_one_message(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    from runner import offered
    from runner.account import Account
    from runner.errors import RunError

    monkeypatch.setattr(offered, "problems_of", lambda _: iter(()))
    expect(stub("ec2"), "m10g.large", described("m10g.large", vcpus=4))
    stub("service-quotas").add_response("get_service_quota", {"Quota": {"Value": 30.0}})

    with pytest.raises(RunError) as refused:
        offered.check_offered(environment(f"{NEWER[:-1]}, {RAISED[1:]}"), Account(ACCOUNT, None))

    assert "'m10g.large'.vcpus: found 2; allowed: 4" in refused.value.found
    assert "managed_node_groups_per_cluster: found 50" in refused.value.found
