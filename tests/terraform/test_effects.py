"""What `make diff` says of an apply is what a real plan says: the same resources are replaced, destroyed or stopped."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from celery_platform.environment.effects import DESTROY, FAIL, REPLACE, STOP, effects
from celery_platform.environment.resources import KINDS
from celery_platform.rendering import write

from tests.terraform.deployment import Deployment

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]

KNOWN = {kind.type for kind in KINDS}
# The emulator has machines of one architecture; test_forces.py tries another one.
# What an edit is about, the deployment, and the edit itself: a pattern and what replaces it.
EDITS = [
    ("another range of addresses", "local", "redis", r"cidr: 10\.\d+\.0\.0/16", "cidr: 10.99.0.0/16"),
    ("another deployment of the broker", "local", "amazon_mq", "deployment: single", "deployment: cluster"),
    ("no bucket", "local", "redis", r"buckets: \[files\]", "buckets: []"),
    ("another broker", "local", "redis", "kind: redis", "kind: sqs"),
    ("a NAT gateway fewer in each zone", "prod", "sqs", "nat: per_zone", "nat: single"),
    ("another size", "prod", "sqs", "instance_type: c7i.xlarge", "instance_type: c7i.2xlarge"),
    ("a queue of another name", "prod", "sqs", r"\bnightly\b", "weekly"),
]


@pytest.mark.parametrize(("environment", "kind", "old", "new"), [edit[1:] for edit in EDITS], ids=[e[0] for e in EDITS])
def test_the_words_of_a_difference_are_those_of_a_plan(
    apply: Callable[[str, str], Deployment],
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    kind: str,
    old: str,
    new: str,
) -> None:
    deployment = apply(environment, kind)
    file = deployment.runner.folder / "environments" / environment / "environment.yml"
    monkeypatch.setenv("ENVIRONMENTS", str(file.parents[1]))
    written, before = file.read_text(), deployment.resolved
    assert re.search(old, written)

    file.write_text(re.sub(old, new, written))
    write([environment])
    try:
        after, planned = deployment.resolved, deployment.plan()
    finally:
        file.write_text(written)
        write([environment])

    # Where AWS would refuse it, a plan says `update`.
    said = Counter((effect.verb, effect.type) for effect in effects(before, after) if effect.verb != FAIL)
    assert said == Counter(verbs_of(planned))


def verbs_of(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """What a plan does to resources of the known types, except creating and changing them in place."""
    found = []
    for change in plan["resource_changes"]:
        actions = set(change["change"]["actions"])
        before, after = change["change"]["before"], change["change"]["after"]
        if change["type"] not in KNOWN or ("delete" not in actions and "update" not in actions):
            continue
        if "delete" in actions:
            found.append((REPLACE if "create" in actions else DESTROY, change["type"]))
        elif change["type"] == "aws_instance" and before["instance_type"] != after["instance_type"]:
            found.append((STOP, change["type"]))
    return found
