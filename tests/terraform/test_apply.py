"""Applied for real on an emulated account, and planned again.

Production on SQS and on RabbitMQ, which have the most in them; the other kinds in the local environment's size.
"""

import json
from typing import Any

import pytest

from tests.terraform.estate import Estate

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(1200)]

SCHEMES = {"sqs": "sqs://", "rabbitmq": "amqps://", "redis": "rediss://", "amazon_mq": "amqps://"}


def test_a_second_plan_is_empty(estate: Estate) -> None:
    changes = {
        change["address"]: sorted(_differing(change["change"]))
        for change in estate.plan()["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }
    estate.story.append(f"second plan: {len(changes) or 'no'} changes")

    assert changes == {}


def test_everything_is_discovered_under_one_prefix(estate: Estate) -> None:
    prefix = f"/celery/{estate.environment}"
    found = estate.client("ssm").get_parameters_by_path(Path=prefix, Recursive=True)["Parameters"]
    values = {parameter["Name"].removeprefix(f"{prefix}/"): parameter["Value"] for parameter in found}

    assert set(values) >= {"broker_url", "results_url", "media_bucket", "queue_urls"}
    assert values["broker_url"].startswith(SCHEMES[estate.kind])
    assert "@" not in values["broker_url"] + values["results_url"]
    assert len(json.loads(values["queue_urls"])) == (5 if estate.kind == "sqs" else 0)


def test_no_password_is_in_the_state(estate: Estate) -> None:
    secrets = estate.client("secretsmanager")
    values = [secrets.get_secret_value(SecretId=name)["SecretString"] for name in estate.resolved["secrets"].values()]
    state = estate.state()

    assert values
    assert [len(value) for value in values] == [40] * len(values)
    assert [value for value in values if value in state] == []


def _differing(change: dict[str, Any]) -> set[str]:
    """Attributes that would have another value, but for those that follow from the others."""
    before, after = change["before"] or {}, change["after"] or {}
    return {name for name, value in after.items() if value not in (None, before.get(name)) or name in _emptied(change)}


def _emptied(change: dict[str, Any]) -> set[str]:
    before, after, unknown = change["before"] or {}, change["after"] or {}, change["after_unknown"]
    return {name for name, value in before.items() if value and after.get(name) is None and not unknown.get(name)}
