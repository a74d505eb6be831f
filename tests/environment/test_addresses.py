"""A host keeps its address whatever happens to other hosts, because EC2 cannot change the address of an instance."""

from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve
from celery_platform.environment.derived.addresses import kept
from celery_platform.environment.load import parse
from celery_platform.rendering import earlier_addresses, write

from tests.estates.shapes import Shape, file_of, sections

from .conftest import Edit

THREE = Shape("three", "rabbitmq", queues=3, pools=3)


def rendered(shape: Shape, earlier: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The resolved values of an estate that had these earlier ones."""
    environment = parse(file_of(shape, **changes).encode(), Path(shape.name) / "environment.yml")
    return resolve(environment, kept(earlier or {}))


def hosts_of(pool: str, number: int) -> dict[str, Any]:
    """The section `pools` of THREE with this number of hosts in a pool."""
    pools: dict[str, Any] = sections(THREE)["pools"]
    return {name: each | ({"min": number, "max": number} if name == pool else {}) for name, each in pools.items()}


@pytest.mark.parametrize("number", [1, 3, 7])
def test_another_number_of_hosts_in_a_pool_moves_no_other_host(number: int) -> None:
    before = rendered(THREE)
    after = kept(rendered(THREE, before, pools=hosts_of("pool0", number)))

    assert {name: after[name] for name in kept(before) if name in after} == {
        name: address for name, address in kept(before).items() if name in after
    }
    assert len(set(after.values())) == len(after)


def test_a_pool_that_is_added_before_the_others_moves_none_of_their_hosts() -> None:
    before = rendered(Shape("three", "rabbitmq", queues=3, pools=3))
    pools = {"first": sections(THREE)["pools"]["pool0"]} | sections(THREE)["pools"]
    queues = sections(THREE)["queues"] | {"first": {"pool": "first", "soft_time_limit_seconds": 60}}
    routes = sections(THREE)["application"] | {"routes": [{"tasks": "*", "queue": "first"}]}
    after = kept(rendered(THREE, before, pools=pools, queues=queues, application=routes))

    assert kept(before).items() <= after.items()
    assert len(set(after.values())) == len(after) == len(kept(before)) + 2


def test_a_new_host_does_not_get_the_address_of_one_that_is_removed_at_the_same_time() -> None:
    before = rendered(THREE)
    pools = hosts_of("pool0", 1)
    pools["pool2"] = pools["pool2"] | {"min": 8, "max": 8}
    after = kept(rendered(THREE, before, pools=pools))

    removed = kept(before)["celery-three-worker-pool0-2"]
    assert "celery-three-worker-pool0-2" not in after
    assert removed not in after.values()


def test_an_address_outside_a_changed_network_is_replaced() -> None:
    before = rendered(THREE)
    network = {"cidr": "10.80.0.0/16", "zones": 3}
    after = kept(rendered(THREE, before, network=network))

    assert all(str(address).startswith("10.80.") for address in after.values())


def test_ninety_hosts_fit_into_a_small_network() -> None:
    pools = hosts_of("pool0", 30) | {name: hosts_of(name, 30)[name] for name in ("pool1", "pool2")}
    addresses = kept(rendered(THREE, network={"cidr": "10.40.0.0/22", "zones": 3}, pools=pools))

    assert len(addresses) == len(set(addresses.values())) == 94


def test_rendering_keeps_the_addresses_of_the_file(environments: Path, edit_prod: Edit) -> None:
    write(["prod"])
    before = earlier_addresses("prod")
    edit_prod("min: 3, max: 3", "min: 2, max: 2")
    edit_prod('rabbitmq: {version: "4.0", nodes: 3', 'rabbitmq: {version: "4.0", nodes: 5')
    write(["prod"])

    after = earlier_addresses("prod")
    assert {name: before[name] for name in before if name in after} == {
        name: after[name] for name in before if name in after
    }
    assert (environments / "prod" / "resolved.json").exists()
    assert load("prod").broker.rabbitmq.nodes == 5


def test_a_file_whose_addresses_cannot_be_read_is_not_overwritten(environments: Path) -> None:
    write(["prod"])
    file = environments / "prod" / "resolved.json"
    file.write_text("<<<<<<< HEAD\n" + file.read_text())

    with pytest.raises(EnvironmentFileError, match="it keeps the addresses of hosts"):
        write(["prod"])
    assert file.read_text().startswith("<<<<<<<")


@pytest.mark.parametrize(("most", "told"), [(54, None), (55, r"network\.cidr: found 177 addresses in private subnets")])
def test_more_pods_than_the_subnets_have_addresses_are_refused(most: int, told: str | None) -> None:
    shape = Shape("pods", "rabbitmq", queues=4, pools=4, hosts_every=4)
    network = {"cidr": "10.40.0.0/22", "zones": 3, "endpoints": ["sqs", "ssm", "logs"]}
    pools = {
        name: pool | ({"max": most} if pool["runs_on"] == "eks" else {})
        for name, pool in sections(shape)["pools"].items()
    }

    if told is None:
        assert rendered(shape, network=network, pools=pools)
        return
    with pytest.raises(EnvironmentFileError, match=told):
        rendered(shape, network=network, pools=pools)
