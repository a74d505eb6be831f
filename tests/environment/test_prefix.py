"""The prefix of all names and the tag Project come from the file; by default they are those of earlier versions."""

import json
import re
from pathlib import Path

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve
from celery_platform.environment.load import parse

from tests.estates.shapes import Shape, file_of

from .conftest import Edit


def test_by_default_names_begin_with_celery() -> None:
    resolved = resolve(load("prod"))

    assert (resolved["prefix"], resolved["discovery_prefix"]) == ("celery-prod", "/celery/prod")
    assert resolved["tags"]["Project"] == "celery-platform"


@pytest.mark.parametrize("kind", ["rabbitmq", "sqs", "redis", "amazon_mq"])
def test_another_prefix_is_in_every_name(edit_prod: Edit, kind: str) -> None:
    edit_prod("name: prod", "name: prod\nprefix: acme\nproject: shop")
    edit_prod("  kind: rabbitmq\n", f"  kind: {kind}\n")
    text = json.dumps(resolve(load("prod")))

    assert re.findall(r"celery-\w+|/celery/\w+", text) == []
    assert "acme-prod" in text


@pytest.mark.parametrize(
    ("prefix", "told"),
    [
        ("a-very-long-name-x", None),
        ("Acme", "found 'Acme'"),
        ("aws-team", "one that does not begin with aws"),
        ("ssm", "one that does not begin with aws, ssm"),
    ],
)
def test_a_prefix_that_aws_refuses_is_refused(edit_prod: Edit, prefix: str, told: str | None) -> None:
    edit_prod("name: prod", f"name: prod\nprefix: {prefix}")

    if told is None:
        assert load("prod").own_prefix == f"{prefix}-prod"
        return
    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")
    assert told in str(refused.value)


def test_a_prefix_that_leaves_no_room_for_the_names_is_refused() -> None:
    shape = Shape("production-europe", "sqs", queues=1, pools=1)
    with pytest.raises(EnvironmentFileError, match=r"prefix: found 'department' .* allowed: at most 7 characters"):
        parse(file_of(shape, prefix="department").encode(), Path(shape.name) / "environment.yml")
