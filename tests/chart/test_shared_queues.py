"""A queue of two pools: each pool scales by its share of the backlog, and a hyphen in a name is not a minus."""

import pytest
from celery_platform.environment import resolve
from celery_platform.environment.model import BrokerKind

from tests.harness.environment import PROD, described

from .rendered import Rendered, render_resolved


def with_two_pools(kind: BrokerKind, autoscaler: str) -> Rendered:
    """Production whose queue `quick` has priorities and is drained by a second pool with the same number of slots."""
    env = described(PROD)
    io = env.pools["io"]
    queues = env.queues | {"quick": env.queues["quick"].model_copy(update={"pool": ("io", "burst"), "priorities": 2})}
    pools = env.pools | {"burst": io}
    broker = env.broker.model_copy(update={"kind": kind})
    changed = {"pools": pools, "queues": queues, "broker": broker, "autoscaler": autoscaler}
    return render_resolved(resolve(env.model_copy(update=changed)), kind)


def formula(rendered: Rendered, pool: str) -> str:
    spec = rendered.of("ScaledObject")[f"worker-{pool}"]["spec"]
    return str(spec["advanced"]["scalingModifiers"]["formula"])


@pytest.mark.parametrize("kind", [BrokerKind.SQS, BrokerKind.REDIS])
def test_each_pool_counts_its_half_of_what_both_drain(kind: BrokerKind) -> None:
    rendered = with_two_pools(kind, "keda")
    held = " + unacknowledged" if kind is BrokerKind.REDIS else ""

    assert formula(rendered, "burst") == f"quick__high * 0.5 + quick * 0.5{held}"
    assert formula(rendered, "io") == f"effects + default + quick__high * 0.5 + quick * 0.5{held}"


def test_every_name_in_the_formula_is_a_triggers() -> None:
    rendered = with_two_pools(BrokerKind.SQS, "keda")
    triggers = [trigger["name"] for trigger in rendered.of("ScaledObject")["worker-io"]["spec"]["triggers"]]

    assert [term.partition(" * ")[0] for term in formula(rendered, "io").split(" + ")] == triggers


def test_a_plain_autoscaler_may_add_a_worker_too_many_and_never_one_too_few() -> None:
    scalers = with_two_pools(BrokerKind.RABBITMQ, "hpa").of("HorizontalPodAutoscaler")
    targets = {
        name: int(scaler["spec"]["metrics"][0]["external"]["target"]["averageValue"])
        for name, scaler in scalers.items()
    }

    assert targets["worker-burst"] == 2 * targets["worker-io"], "all that it drains is half its own"
