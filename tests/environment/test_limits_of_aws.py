"""A value that an AWS API would refuse in the middle of an apply is refused when the file is read."""

import pytest
from celery_platform.environment import EnvironmentFileError, load

from .conftest import Edit

NETWORK = "cidr: 10.40.0.0/16"
ALARM = "{namespace: N, metric: M, statistic: Average, threshold: 1, period_seconds: %d, periods: %d}"
IO = "max: 20, instance_type: m7i.large}"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: prod", "name: eu--prod", "found 'eu--prod'"),
        ("name: prod", "name: prod-", "found 'prod-'"),
        ("name: prod", f"name: {'p' * 19}", "at most 18"),
        ("owner: platform@example.com", 'owner: ""', "owner: found ''"),
        ("owner: platform@example.com", f"owner: {'o' * 257}", "text of 1 to 256 characters"),
        (NETWORK, "cidr: 10.40.0.0/22", "allowed: an address in 10.40.2.0/26: a larger network, or fewer hosts"),
        ('rabbitmq: {version: "4.0"', f'rabbitmq: {{version: "4.{"0" * 5_000}"', "a version of two numbers"),
        ("database: {host: db.example.com", 'database: {host: "::1"', "a name or an IPv4 address; the port is `port`"),
        ("https://ledger.example.com", "https://[fd00::1]", "a name or an IPv4 address as host"),
        ('cron: "0 6 * * *"', "every: 3651d", "at most 3650d"),
        ('cron: "0 6 * * *"', f"every: {'9' * 5_000}d", "an interval such as 30s"),
        (IO, f"{IO[:-1]}, permissions: {{statements: [{{actions: ['s3:*'], resources: ['arn:aws:s3:::*']}}]}}}}",
         "found s3:* on arn:aws:s3:::*"),
    ],
)  # fmt: skip
def test_a_value_that_an_api_would_refuse_is_refused_before_the_call(
    edit_prod: Edit, old: str, new: str, told: str
) -> None:
    if old == NETWORK:
        edit_prod("min: 3, max: 3", "min: 100, max: 100")
        more = "runs_on: hosts, type: prefork, concurrency: 4, min: 80, max: 80, instance_type: c7i.xlarge"
        edit_prod("queues:\n", f"  more: {{{more}}}\n\nqueues:\n")
        edit_prod("slow: {pool: cpu", "slow: {pool: [cpu, more]")
    edit_prod(old, new)

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("period_seconds", "periods", "most"), [(60, 1_441, 1_440), (300, 289, 288), (3_600, 169, 168), (86_400, 8, 7)]
)
def test_an_alarm_evaluates_at_most_a_day_or_a_week_of_long_periods(
    edit_prod: Edit, period_seconds: int, periods: int, most: int
) -> None:
    edit_prod("alerts: {", f"alerts: {{extra: {{slow: {ALARM % (period_seconds, periods)}}}, ")

    with pytest.raises(EnvironmentFileError, match=f"at most {most} periods of {period_seconds} seconds"):
        load("prod")
    edit_prod(f"periods: {periods}", f"periods: {most}")
    load("prod")
