"""A queue of two pools: each pool scales by its share of the backlog, and a hyphen in a name is not a minus."""

import re

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

    assert formula(rendered, "burst") == f"high_of_quick * 0.5 + queue_quick * 0.5{held}"
    assert formula(rendered, "io") == f"queue_effects + queue_default + high_of_quick * 0.5 + queue_quick * 0.5{held}"


# expr-lang.org, "Language Definition" (as of 2026-11-28): operators, constants and functions that are words.
WORDS_OF_KEDAS_FORMULAS = (
    "and", "or", "not", "in", "matches", "contains", "true", "false", "nil", "let", "if", "else", "all", "any", "one",
    "none", "map", "filter", "find", "count", "sum", "len", "min", "max", "mean", "first", "last", "keys", "values",
    "now", "date", "int", "float", "string", "type", "abs", "floor", "round", "sort", "group", "reduce", "env",
)  # fmt: skip
NAMES_THAT_MEET = ("unacknowledged", "quick_high", "quick__high", "high_of_quick", "queue_quick", "quick")


@pytest.mark.parametrize("kind", [BrokerKind.SQS, BrokerKind.REDIS])
def test_a_queue_may_be_called_like_a_word_of_kedas_formulas(kind: BrokerKind) -> None:
    env = described(PROD)
    urgent = env.queues["quick"].model_copy(update={"priorities": 2})
    queues = env.queues | dict.fromkeys((*WORDS_OF_KEDAS_FORMULAS, *NAMES_THAT_MEET), urgent)
    changed = {"queues": queues, "broker": env.broker.model_copy(update={"kind": kind})}
    rendered = render_resolved(resolve(env.model_copy(update=changed)), kind)

    triggers = [trigger["name"] for trigger in rendered.of("ScaledObject")["worker-io"]["spec"]["triggers"]]

    assert len(set(triggers)) == len(triggers), "two queues with one name are one term"
    assert formula(rendered, "io").split(" + ") == triggers
    assert not {*triggers} & {*WORDS_OF_KEDAS_FORMULAS}
    assert all(re.fullmatch(r"[a-z_][a-z0-9_]*", trigger) for trigger in triggers), "an identifier has no hyphen"


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
