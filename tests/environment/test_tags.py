"""A company's own tags and alarms, in addition to the platform's."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

LOCK = "destroy_lock: true"


def test_own_tags_are_added_to_the_platforms(edit_prod: Edit) -> None:
    edit_prod(LOCK, f"tags: {{CostCenter: '42', team/name: Zahlungen}}\n{LOCK}")

    tags = resolve(load("prod"))["tags"]

    assert tags["CostCenter"] == "42"
    assert tags["Environment"] == "prod"


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ("{aws:owner: x}", "aws: is reserved by AWS"),
        ("{AWS:Owner: x}", "aws: is reserved by AWS"),
        ("{environment: x}", "the platform sets environment"),
        ("{Name: x}", "the platform sets"),
        ("{cost*center: x}", "letters, digits, spaces"),
        ("{CostCenter: 'a;b'}", "letters, digits, spaces"),
        ("{CostCenter: a, costcenter: b}", "differ in more than upper and lower case"),
    ],
)
def test_a_tag_that_aws_would_refuse_is_refused(edit_prod: Edit, tags: str, told: str) -> None:
    edit_prod(LOCK, f"tags: {tags}\n{LOCK}")

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert told in str(refused.value)


def test_an_own_alarm_is_passed_on_unchanged(edit_prod: Edit) -> None:
    alarm = "{namespace: AWS/RDS, metric: CPUUtilization, dimensions: {DBInstanceIdentifier: orders}, threshold: 80}"
    edit_prod("alerts: {", f"alerts: {{extra: {{database: {alarm}}}, ")

    found = resolve(load("prod"))["alerts"]["extra"]["database"]

    assert (found["statistic"], found["periods"], found["threshold"]) == ("Average", 5, 80)


@pytest.mark.parametrize(
    "alarm",
    [
        "{namespace: N, metric: M, threshold: 1, statistic: Median}",
        "{namespace: N, metric: M, threshold: 1, period_seconds: 90}",
    ],
)
def test_an_alarm_that_cloudwatch_would_refuse_is_refused(edit_prod: Edit, alarm: str) -> None:
    edit_prod("alerts: {", f"alerts: {{extra: {{database: {alarm}}}, ")

    with pytest.raises(EnvironmentFileError, match=r"alerts\.extra\.database\."):
        load("prod")
