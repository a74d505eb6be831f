"""Level C: KEDA scales a pool up and down with each broker, and keeps its number while it cannot ask the broker.

It scales likewise on waiting time, and in a window of time.
"""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.harness.fixtures import aws_endpoint, folder, plain_results, valkey_port

from .live import kubectl, ran
from .reached_brokers import BROKERS, TARGET, redis
from .scaling_on_time import WITHIN_THE_WINDOW, in_a_window, on_waiting_time
from .scaling_story import Story, from_nothing, wave
from .within_reach import ADDRESS, NO_ADDRESS, own_namespace, uninstall

__all__ = ["aws_endpoint", "folder", "plain_results", "valkey_port"]
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]
NOTHING, WAIT, WINDOW = "redis from nothing", "redis on waiting time", "redis in a window"
STORIES = {
    **{kind: (serve, wave) for kind, serve in BROKERS.items()},
    NOTHING: (redis, from_nothing), WAIT: (redis, on_waiting_time), WINDOW: (redis, in_a_window),
}  # fmt: skip
# KEDA says nothing, or for each worker what one of them should have.
NO_CHANGE = {"", str(TARGET)}


def serves_metrics() -> bool:
    """Whether an adapter, KEDA's where KEDA runs, answers the HPA."""
    name = "v1beta1.external.metrics.k8s.io"
    if not ran("kubectl", "get", "apiservice", name, "--ignore-not-found", "--output=name").stdout:
        return False
    conditions = kubectl("get", "apiservice", name)["status"].get("conditions", ())
    return any(one["type"] == "Available" and one["status"] == "True" for one in conditions)


@pytest.fixture(scope="module")
def stories(
    request: pytest.FixtureRequest, folder: Path, aws_endpoint: str, plain_results: str
) -> Iterator[dict[str, Story]]:
    """One for each broker, and others with Valkey, side by side, as most of it is waiting."""
    request.getfixturevalue("keda")
    if not serves_metrics():
        pytest.skip("KEDA does not run: nothing answers for external.metrics.k8s.io")
    if not ADDRESS:
        pytest.skip(NO_ADDRESS)
    with ExitStack() as stack, ThreadPoolExecutor(len(STORIES)) as side_by_side:
        begun: dict[str, Future[Story]] = {}
        for kind, (serve, tell) in STORIES.items():
            name = kind.replace(" ", "-")
            mine = folder / name
            mine.mkdir()
            broker = stack.enter_context(serve(mine, aws_endpoint, plain_results, f"scaled-{name}"))
            namespace = stack.enter_context(own_namespace())
            stack.callback(uninstall, namespace)
            begun[kind] = side_by_side.submit(tell, broker, namespace, mine)
        told = {kind: future.result() for kind, future in begun.items()}
        print(json.dumps({kind: story.seconds for kind, story in told.items()}))
        yield told


@pytest.fixture(params=BROKERS)
def story(request: pytest.FixtureRequest, stories: dict[str, Story]) -> Story:
    """What KEDA made of this broker's pool."""
    return stories[request.param]


def test_a_backlog_gets_its_workers(story: Story) -> None:
    assert story.seconds["first"] is not None


def test_tasks_that_run_count_beside_those_that_wait(story: Story) -> None:
    assert story.seconds["more"] is not None


def test_a_broker_that_is_away_changes_nothing(story: Story) -> None:
    assert story.asked["away"] == {3}
    assert story.answers["away"] in NO_CHANGE


@pytest.mark.parametrize("kind", ["rabbitmq", "sqs"])
def test_a_missing_queue_changes_nothing(stories: dict[str, Story], kind: str) -> None:
    assert stories[kind].asked["missing"] == {3}
    assert stories[kind].answers["missing"] in NO_CHANGE


def test_nothing_to_do_leaves_the_least_number(story: Story) -> None:
    assert story.seconds["done"] is not None


def test_no_task_is_lost_or_repeated(story: Story) -> None:
    assert (story.lost, story.repeated) == (0, 0)


def test_a_pool_without_workers_gets_one_for_its_first_message_and_loses_it_again(stories: dict[str, Story]) -> None:
    seconds = stories[NOTHING].seconds

    assert seconds["first"] is not None
    assert seconds["done"] is not None


def test_a_pool_on_waiting_time_gets_the_workers_with_which_its_tasks_start_in_time(stories: dict[str, Story]) -> None:
    assert stories[WAIT].seconds["first"] is not None
    assert stories[WAIT].seconds["done"] is not None


def test_an_exporter_that_is_away_changes_nothing(stories: dict[str, Story]) -> None:
    assert stories[WAIT].asked["away"] == {3}


def test_a_pool_without_work_has_its_workers_within_a_window_alone(stories: dict[str, Story]) -> None:
    story = stories[WINDOW]

    assert story.asked["before"] == {0}
    assert story.seconds["first"] is not None
    assert story.asked["within"] == {WITHIN_THE_WINDOW}
    assert story.seconds["done"] is not None
