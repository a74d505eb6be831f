"""Short polls of SQS, for tests of other things: a worker ends only after its last poll, which takes nine seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from .environment import TestEnvironment
from .refusing_proxy import refusing_proxy


@contextmanager
def short_polls(environment: TestEnvironment) -> Iterator[TestEnvironment]:
    """The environment in which a poll of SQS waits for a second; with another broker, the environment itself.

    Example: `with short_polls(sqs) as environment, environment.worker("io"): ...`
    """
    if environment.kind != "sqs":
        yield environment
        return
    with refusing_proxy(environment.endpoint) as (endpoint, refusals):
        refusals.longest_poll = 1
        yield replace(environment, variables=environment.variables | {"AWS_ENDPOINT_URL": endpoint})
