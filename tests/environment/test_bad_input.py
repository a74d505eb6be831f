"""A wrong environment file is refused with the file, the path in it, what was found and what is allowed."""

from pathlib import Path

import pytest
from celery_platform.environment import EnvironmentFileError, load

from .conftest import Edit


@pytest.mark.parametrize(
    ("old", "new", "path", "allowed"),
    [
        ("  nat: per_zone", "  nat: per_zone\n  natt: single", "network.natt: found an unknown key", "of network"),
        ("zones: 3", "zones: three", "network.zones: found 'three'", "a whole number from 2 to 3"),
        ("kind: rabbitmq\n", "kind: kafka\n", "broker.kind: found 'kafka'", "one of: sqs, amazon_mq, rabbitmq, redis"),
        ("owner: platform@example.com", "", "owner: found nothing", "the key is required"),
        ("quick: {pool: io", "quick: {pool: oi", "queues.quick.pool: found 'oi'", "one of: cpu, io"),
        ("queue: nightly, cron", "queue: nightli, cron", "schedule.every_night.queue: found 'nightli'", "one of: def"),
        ("min: 2, max: 20", "min: 30, max: 20", "pools.io.min: found 30", "at most max (20)"),
        ("min: 3, max: 3", "min: 3, max: 4", "pools.cpu.max: found 4", "equal to min (3)"),
        ("mq.m7g.large", "mq.m5.large", "broker.amazon_mq.instance_type: found mq.m5.large", "mq.m7g.*"),
        ("eks: {compute: auto}", "eks: {compute: auto}\nhosts: {image: debian-13-arm64}",
         "broker.rabbitmq.instance_type: found m7i.large (amd64)", "the image debian-13-arm64"),
        ("nodes: 3", "nodes: 4", "broker.rabbitmq.nodes: found 4", "an odd number"),
        ("volume_gib: 100}", "volume_gib: 100, replication: mirrored}", "mirrored on 4.0", "a version 3.x"),
        ("10.40.0.0/16", "10.40.0.0/24", "network.cidr: found 10.40.0.0/24", "/16 to /22"),
        ("slow: {pool: cpu, soft_time_limit_seconds: 240",
         "slow: {pool: cpu, soft_time_limit_seconds: 43100",
         "queues.slow.soft_time_limit_seconds: found a visibility timeout of 86570 s", "at most 43200"),
        ("name: prod", "name: production", "name: found 'production'", "the folder's name, 'prod'"),
        ("name: prod", "name: [", "line 5: found 'owner: platform@example.com'", "a comma after each entry of ["),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_its_path_and_what_is_allowed(
    edit_prod: Edit, old: str, new: str, path: str, allowed: str
) -> None:
    edit_prod(old, new)

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    message = str(refused.value)
    assert "prod/environment.yml cannot be used" in message
    assert path in message
    assert allowed in message


def test_a_cluster_of_amazon_mq_over_two_zones_is_refused(edit_prod: Edit) -> None:
    edit_prod("zones: 3", "zones: 2")
    edit_prod("kind: rabbitmq\n", "kind: amazon_mq\n")

    with pytest.raises(EnvironmentFileError, match="cluster with 2 zones"):
        load("prod")


def test_a_pool_that_no_queue_names_is_refused(edit_prod: Edit) -> None:
    edit_prod(
        "pools:\n",
        "pools:\n  idle: {runs_on: eks, type: solo, concurrency: 1, min: 1, max: 1, instance_type: m7i.large}\n",
    )

    with pytest.raises(EnvironmentFileError, match=r"pools\.idle: found a pool that no queue names"):
        load("prod")


def test_an_unknown_environment_is_refused_with_a_list_of_the_known_ones() -> None:
    with pytest.raises(EnvironmentFileError, match=r"'prd'; allowed: one of: dev, local, prod$"):
        load("prd")


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prod" / "environment.yml").mkdir(parents=True)
    monkeypatch.setenv("ENVIRONMENTS", str(tmp_path))

    with pytest.raises(EnvironmentFileError, match="a file that cannot be read"):
        load("prod")
