"""A pod that ends in the middle of its tasks loses none, and no customer pays twice: each end, on each broker."""

import pytest
from region.podman import Podman

from ..app.harness.environment import TestEnvironment
from .gateway import Ledger
from .stops import ENDS, Outcome, strike, term

Outcomes = dict[tuple[str, str], Outcome]

pytestmark = [pytest.mark.pods, pytest.mark.timeout(900)]


@pytest.mark.parametrize("end", list(ENDS))
def test_nothing_is_lost_or_charged_twice(
    podman: Podman, image: str, environment: TestEnvironment, gateway: Ledger, end: str, outcomes: Outcomes
) -> None:
    outcome = strike(podman, image, environment, gateway, ENDS[end])

    outcomes[environment.kind, end] = outcome
    assert (outcome.lost, outcome.repeated) == (0, 0)


def test_a_deploy_interrupts_no_task(
    podman: Podman, image: str, environment: TestEnvironment, gateway: Ledger, outcomes: Outcomes
) -> None:
    """The new pod is ready before the old one is told to stop, and that one has longer than its tasks take."""
    outcome = strike(podman, image, environment, gateway, term, deploy=True)

    outcomes[environment.kind, "deploy"] = outcome
    assert (outcome.lost, outcome.repeated, outcome.again) == (0, 0, 0)
