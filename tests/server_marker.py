"""Which tests start a server, a container or a tool that takes seconds: `make check` leaves them to `make test`.

A suite is one folder of tests/. In a suite of both kinds the fixtures say what a test needs.
"""

import os

import pytest

# Whole suites of what takes more than a process: brokers, containers, Terraform's providers, wheels that are built.
SUITES = frozenset(
    {
        "applications", "brokers", "emulated_region", "example_deleted", "image", "path", "pods", "release", "roles",
        "settlement", "soak", "stops", "terraform", "trial",
    }
)  # fmt: skip
MIXED = frozenset({"celery_platform", "console", "example", "observability"})
FIXTURES = frozenset({"aws_endpoint", "valkey_port", "postgresql", "application", "environment", "plain_redis"})
# A fixture with one of these as its parameter asks for the fixture of that name.
PARAMETERS = frozenset(
    {
        "rabbitmq", "managed_rabbitmq", "amazon_mq", "managed_amazon_mq", "sqs", "redis", "valkey", "postgresql",
        "plain_redis",
    }
)  # fmt: skip
MARKERS = ("path", "terraform", "roles", "image", "pods", "cluster", "observability", "slow")
VARIABLE = "TEST_THAT_STARTS_NO_SERVER"


def starts_a_server(suite: str, item: pytest.Item) -> bool:
    """Whether the test is one of `make test` alone.

    Example: `starts_a_server("environment", item)` is false for each test of the reader
    """
    fixtures: list[str] = getattr(item, "fixturenames", [])
    chosen = getattr(item, "callspec", None)
    parameters = {value for value in chosen.params.values() if isinstance(value, str)} if chosen else set()
    in_a_mixed_suite = not FIXTURES.isdisjoint(fixtures) or bool(suite in MIXED and parameters & PARAMETERS)
    return suite in SUITES or in_a_mixed_suite or any(item.get_closest_marker(name) for name in MARKERS)


def refuse_a_server() -> None:
    """Called before a server starts: the marker of the test that runs has to say that it does.

    Raises:
        AssertionError: it does not.
    """
    test = os.environ.get(VARIABLE)
    assert not test, f"{test} starts a server: mark it `server`, or name its fixture in tests/server_marker.py"
