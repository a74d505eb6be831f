"""The model's refusals use the platform's words: the line, the path, what was found and what is allowed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment import EnvironmentFileError
from celery_platform.environment.errors import MESSAGE_BYTES, Problem, listed, shortened
from celery_platform.environment.meanings import FORMATS, PATTERNS
from celery_platform.environment.model import Environment
from hypothesis import given
from hypothesis import strategies as st

from .broken import FILE, GOOD, edited, faults, refusal


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from parts(part)


SCHEMA = Environment.model_json_schema()
MODEL_PATTERNS = {
    pattern
    for part in parts(SCHEMA)
    for pattern in [part.get("pattern"), *part.get("patternProperties", {})]
    if isinstance(pattern, str)
}


@pytest.mark.parametrize("pattern", sorted(MODEL_PATTERNS))
def test_each_pattern_of_the_model_is_described(pattern: str) -> None:
    assert pattern in PATTERNS, "describe this pattern in environment/meanings.py"


def test_each_format_of_the_model_is_described() -> None:
    assert {part["format"] for part in parts(SCHEMA) if isinstance(part.get("format"), str)} <= FORMATS.keys()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zones: 3", "zones: 4", "network.zones: found 4; allowed: a whole number from 2 to 3"),
        ("zones: 3", "zones: true", "network.zones: found true; allowed: a whole number from 2 to 3"),
        ("zones: 3", 'zones: "3"', "network.zones: found '3'; allowed: a whole number from 2 to 3; without quotes"),
        ("zones: 3", "zones: 3.0", "network.zones: found 3.0; allowed: a whole number from 2 to 3"),
        ("zones: 3", "zones:", "network.zones: found nothing; allowed: a whole number from 2 to 3"),
        ("zones: 3", "zones: [3]", "network.zones: found a list of 1; allowed: a whole number from 2 to 3"),
        ("destroy_lock: true", "destroy_lock: 1", "destroy_lock: found 1; allowed: true or false"),
        ("destroy_lock: true", 'destroy_lock: "no"', "destroy_lock: found 'no'; allowed: true or false"),
        ("nat: per_zone", "nat: per_zon",
         "network.nat: found 'per_zon'; allowed: one of: single, per_zone; did you mean per_zone?"),
        ("cidr: 10.40.0.0/16", "cidr: 10.40.0.1/16", "found '10.40.0.1/16'; allowed: a range of IPv4 addresses"),
        ("cidr: 10.40.0.0/16", "cidr: 10", "network.cidr: found 10; allowed: a range of IPv4 addresses"),
        ('rabbitmq: {version: "4.0"', "rabbitmq: {version: 4.10",
         "broker.rabbitmq.version: found 4.10; allowed: a version of two numbers such as \"4.0\"; in quotes: \"4.10\""),
        ("concurrency: 32", "concurrency: 0",
         "pools.io.concurrency: found 0; allowed: a whole number from 1 to 500 or auto"),
        ("failure_ratio: 0.02", "failure_ratio: 2",
         "alerts.failure_ratio: found 2; allowed: a number above 0 and below 1"),
        ("retention_days: 365", "retention_days: 366", "logs.retention_days: found 366; allowed: one of: 1, 3, 5,"),
        ("buckets: [files]", "buckets: files", "application.buckets: found 'files'; allowed: a list [a, b] of: a name"),
        ("budget: {monthly_usd: 4000}", "budget: 4000", "budget: found 4000; allowed: a mapping with the keys: "),
        ("budget: {monthly_usd: 4000}", "budget: {}",
         "budget.monthly_usd: found nothing; allowed: a whole number of at least 1; the key is required"),
        ("destroy_lock: true", "destroy_lok: true",
         "destroy_lok: found an unknown key; allowed: one of the keys of the file: name, region,"),
        ("destroy_lock: true", "destroy_lok: true", "; did you mean destroy_lock?"),
        ("queues:\n", "queues:\n  Email: {}\n", "queues.Email: found the name 'Email'; allowed: a name (a letter,"),
        ("buckets: [files]", "secrets: {KEY: {nam: key}}",
         "application.secrets.KEY.nam: found an unknown key; allowed: one of the keys of application.secrets.KEY: "),
        ("buckets: [files]", "secrets: {KEY: [key]}",
         "application.secrets.KEY: found a list of 1; allowed: a name (a letter, then at most 29 letters, digits and "
         "underscores, all lower case) or a mapping with the keys: name, as"),
        ("owner: platform@example.com", "owner: 5",
         "owner: found 5; allowed: text of 1 to 256 characters; in quotes: \"5\""),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_found_and_what_is_allowed(old: str, new: str, said: str) -> None:
    message = refusal(edited(old, new))

    assert message is not None
    assert said in message
    assert faults(message) == []


def test_a_refusal_of_the_model_and_one_of_a_rule_name_the_line() -> None:
    zones = GOOD[: GOOD.index("zones: 3")].count("\n") + 1
    io = GOOD[: GOOD.index("min: 2, max: 20")].count("\n") + 1

    assert f"\n  line {zones}, network.zones: found 4" in str(refusal(edited("zones: 3", "zones: 4")))
    assert f"\n  line {io}, pools.io.min: found 30" in str(refusal(edited("min: 2, max: 20", "min: 30, max: 20")))


def test_a_rule_with_many_allowed_names_suggests_the_closest() -> None:
    queues = "".join(f"  queue_{number}: {{pool: cpu, soft_time_limit_seconds: 9}}\n" for number in range(300))
    text = GOOD.replace("queues:\n", f"queues:\n{queues}", 1)
    text = text.replace("kind: rabbitmq", "kind: sqs", 1)
    entry = '  extra: {task: exercises.nightly.summary, queue: nightli, cron: "0 6 * * *"}\n'

    message = str(refusal(text.replace("schedule:\n", f"schedule:\n{entry}", 1)))

    assert "did you mean nightly?" in message
    assert " more; did you mean" in message
    assert faults(message) == []


def test_a_thousand_problems_are_counted() -> None:
    message = str(refusal(GOOD + "".join(f"key_{number}: 1\n" for number in range(1_000))))

    shown = message.count("found an unknown key")
    assert message.endswith(f"\n  and {1_000 - shown:,} more problems")
    assert faults(message) == []


@pytest.mark.parametrize("long", ["x" * 100_000, "\U0001f600" * 20_000, "é" * 50_000])
def test_a_long_value_is_cut_in_the_middle(long: str) -> None:
    for old, new in (
        ("nat: per_zone", f"nat: {long}"),
        ("nat: per_zone", f"{long}: 1"),
        ("nat: per_zone", f"nat: [{long}"),
    ):
        message = refusal(edited(old, new))

        assert message is not None
        assert faults(message) == []


def test_a_message_is_bounded_whatever_its_parts_are() -> None:
    problem = Problem("é" * 9_000, "\udce9" * 9_000, "one of: " + ", ".join("\U0001f600" * 50 for _ in range(900)), 1)

    message = str(EnvironmentFileError(Path("/" + "f" * 3_000), [problem] * 5_000))

    assert len(message.encode(errors="backslashreplace")) <= MESSAGE_BYTES
    assert message.endswith(" more problems")


def test_text_that_fits_is_not_shortened() -> None:
    assert shortened("abc", 3) == "abc"
    assert listed(["a", "b"], 100) == "a, b"
    assert listed([], 100) == ""
    assert listed(["a" * 9, "b" * 9], 12) == "aaaaaaaaa and 1 more"


def test_the_folder_must_be_called_like_the_environment() -> None:
    assert "name: found 'prod'; allowed: the folder's name, 'other'" in str(
        refusal(GOOD, FILE.parents[1] / "other" / FILE.name)
    )


@pytest.mark.parametrize("content", [b"\xff", b"destroy_lock: true\ndestroy_lock: false\n"])
def test_the_command_prints_the_refusal_and_exits_with_2(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod" / FILE.name).write_bytes(content)

    ended = subprocess.run(
        [sys.executable, "-m", "celery_platform", "environment", "validate", "prod"],
        capture_output=True, text=True, check=False, env=os.environ | {"ENVIRONMENTS": str(tmp_path)}, timeout=60,
    )  # fmt: skip

    assert ended.returncode == 2
    assert faults(ended.stderr.rstrip("\n"), tmp_path / "prod" / FILE.name) == []


@given(st.text(), st.text(), st.text())
def test_a_problem_is_one_line_of_what_a_terminal_shows(path: str, found: str, allowed: str) -> None:
    said = str(Problem(path, found, allowed, line=3))

    assert said.isprintable(), "a line break or an escape sequence in a value would break the message, or the terminal"
