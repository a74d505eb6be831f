"""A pool always has nodes, even while its node group is replaced by one with another instance type."""

from collections.abc import Callable, Iterator

import pytest

from tests.terraform.deployment import Deployment

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def growing(apply: Callable[[str, str], Deployment]) -> Iterator[Deployment]:
    """An environment with node groups, whose file now says larger nodes. It is restored afterwards."""
    deployment = apply("local", "redis")
    file = deployment.runner.folder / "environments" / "local" / "environment.yml"
    before = file.read_text()
    (io,) = (line for line in before.splitlines() if line.startswith("  io: {runs_on: eks"))
    file.write_text(before.replace(io, io.replace("t3.small", "t3.medium")))
    deployment.runner.set_kind("local", "redis")
    yield deployment
    file.write_text(before)
    deployment.runner.set_kind("local", "redis")


def test_the_new_group_is_made_before_the_old_one_goes(growing: Deployment) -> None:
    changed = {
        change["address"]: change["change"]["actions"]
        for change in growing.plan()["resource_changes"]
        if "delete" in change["change"]["actions"]
    }

    assert changed == {'module.eks[0].aws_eks_node_group.this["io"]': ["create", "delete"]}
