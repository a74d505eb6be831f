"""Before a plan, the account is asked for its zones and for EC2's offers in them.

boto3's own Stubber stands in for EC2: the emulator has every zone, and no list of offers.
"""

from collections.abc import Callable, Iterable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from celery_platform.environment import resolve
from celery_platform.environment.load import load

from tests.harness.environment import ENVIRONMENTS

from .deployment import ACCOUNT, KEYS

ZONES = tuple(f"eu-west-1{letter}" for letter in "abc")
SIZES = ("m7i.large", "c7i.xlarge", "t3.medium")
Ask = Callable[..., None]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Check production against an account with these zones, in which only `offers` are offered."""
    monkeypatch.setenv("ENVIRONMENTS", str(ENVIRONMENTS))

    def run(zones: Iterable[str] = ZONES, offers: Iterable[tuple[str, str]] | None = None) -> None:
        from runner.account import Account
        from runner.offered import check_offered

        ec2 = boto3.client("ec2", **KEYS)
        everything = [(size, zone) for size in SIZES for zone in ZONES]
        listed = [
            {"InstanceType": size, "LocationType": "availability-zone", "Location": zone}
            for size, zone in (everything if offers is None else offers)
        ]
        with Stubber(ec2) as stub:
            stub.add_response(
                "describe_availability_zones", {"AvailabilityZones": [{"ZoneName": zone} for zone in zones]}
            )
            stub.add_response("describe_instance_type_offerings", {"InstanceTypeOfferings": listed})
            monkeypatch.setattr(boto3, "client", lambda *_, **__: ec2)
            check_offered(load("prod"), Account(ACCOUNT, None))

    return run


def refusal(ask: Ask, **answers: Any) -> str:
    from runner.errors import RunError

    with pytest.raises(RunError) as refused:
        ask(**answers)
    return refused.value.found


def test_an_account_with_everything_is_accepted(ask: Ask) -> None:
    ask()


def test_a_zone_that_the_account_does_not_have_is_named(ask: Ask) -> None:
    assert refusal(ask, zones=ZONES[:2]) == (
        "network.zones: found eu-west-1c, which this account does not have; allowed: zones of this account: "
        "eu-west-1a, eu-west-1b"
    )


def test_a_size_that_the_zone_of_a_host_does_not_offer_is_named(ask: Ask) -> None:
    offers = [(size, zone) for size in SIZES for zone in ZONES if (size, zone) != ("c7i.xlarge", "eu-west-1b")]

    assert refusal(ask, offers=offers).startswith(
        "pools.cpu.instance_type: found c7i.xlarge, which eu-west-1b does not offer; allowed: a size that is offered"
    )


def test_a_pool_on_eks_needs_its_size_in_one_of_the_zones(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere = [(size, zone) for size in SIZES[1:] for zone in ZONES]
    without_hosts: dict[str, Any] = {key: {} for key in ("rabbitmq_hosts", "worker_hosts", "monitoring_hosts")}
    monkeypatch.setattr("runner.offered.resolve", lambda env: resolve(env) | without_hosts)

    ask(offers=[*everywhere, ("m7i.large", "eu-west-1b")])
    assert refusal(ask, offers=everywhere).startswith(
        "pools.io.instance_type: found m7i.large, which eu-west-1a, eu-west-1b, eu-west-1c do not offer"
    )


def test_an_emulated_account_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from runner.account import Account
    from runner.offered import check_offered

    monkeypatch.setenv("ENVIRONMENTS", str(ENVIRONMENTS))
    monkeypatch.setattr(boto3, "client", lambda *_, **__: pytest.fail("the emulator was asked"))

    check_offered(load("prod"), Account(ACCOUNT, "http://127.0.0.1:4566"))
