"""A single module with classes of its own, on each broker and in each kind of pool."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .estate import HERE, Application, Estate, TestEnvironment, eventually
from .web import Web, web

PROJECT = HERE / "plain"
NAMES = "import plain\nfrom celery import chain, chord, group\n"
SLOW = pytest.mark.slow
RUNS = [
    ("sqs", "prefork"),
    *(pytest.param(run, marks=SLOW) for run in (("rabbitmq", "prefork"), ("amazon_mq", "prefork"), ("redis", "prefork"),
      ("rabbitmq", "threads"), ("sqs", "threads"), ("rabbitmq", "turbo"), ("redis", "turbo"), ("sqs", "turbo"))),
]  # fmt: skip


@pytest.fixture(scope="module")
def environments() -> dict[str, TestEnvironment]:
    return {}


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: "-".join(run))
def process(
    request: pytest.FixtureRequest,
    estate: Estate,
    environments: dict[str, TestEnvironment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Web]:
    """A process that publishes; a worker runs beside it."""
    kind, pool = request.param
    if kind not in environments:
        environments[kind] = estate.environment("plain", kind, {})
    folder: Path = tmp_path_factory.mktemp(f"{kind}-{pool}")
    environment = environments[kind].variant(folder, pools={"main": {"type": pool}})
    application = Application(environment, PROJECT)
    # It attaches, as a web process would.
    setup = "import celery_platform, plain\ncelery_platform.attach(plain.app)"
    with environment.worker("main"), web(application, setup) as made:
        yield made


def call(process: Web, code: str) -> object:
    """Run code in the web process."""
    return process.call(NAMES + code)


def test_a_function_runs(process: Web) -> None:
    assert call(process, "answer = plain.add.delay(1, 2).get(timeout=40)") == 3


def test_a_task_that_is_a_class_runs(process: Web) -> None:
    assert call(process, "answer = plain.multiply.delay(3, 4).get(timeout=40)") == 12


def test_an_abstract_bases_retries_count(process: Web) -> None:
    assert call(process, "answer = plain.flaky.delay(2).get(timeout=40)") == [2, 2]


def test_an_abstract_bases_retries_end(process: Web) -> None:
    code = "answer = plain.flaky.delay(9); answer.get(timeout=40, propagate=False); answer = answer.state"
    assert call(process, code) == "FAILURE"


def test_a_task_that_replaces_itself_returns_the_others_result(process: Web) -> None:
    assert call(process, "answer = plain.nested.delay(4).get(timeout=40)") == 5


def test_a_task_that_fails_for_good_returns_its_error(process: Web) -> None:
    refused = process.refused(NAMES + "plain.broken.delay().get(timeout=40)")
    assert refused == "RuntimeError: broken for good"


def test_a_chain_and_a_group_run(process: Web) -> None:
    assert call(process, "answer = chain(plain.add.s(1, 1), plain.add.s(1)).delay().get(timeout=40)") == 3
    code = "answer = group(plain.add.s(n, n) for n in range(4)).delay().get(timeout=40)"
    assert call(process, code) == [0, 2, 4, 6]


def test_a_route_of_the_file_counts(process: Web) -> None:
    sent = call(process, "answer = plain.slow.apply_async([0.1]); answer.get(timeout=40); answer = answer.get()")
    assert sent == 0.1


def test_an_own_subclass_of_celery_goes_on_working_in_the_worker(process: Web) -> None:
    counted = eventually(lambda: call(process, "answer = plain.sent.delay().get(timeout=40)"), "the count")
    assert int(str(counted)) >= 1


def test_a_compressed_message_is_read(process: Web) -> None:
    assert call(process, "answer = plain.add.apply_async((1, 2), compression='gzip').get(timeout=40)") == 3


def test_a_process_that_forks_goes_on_publishing_on_both_sides(process: Web) -> None:
    code = (
        "import os\nplain.add.delay(0, 0)\nchild = os.fork()\n"
        "if child == 0:\n    plain.add.apply_async((5, 5), task_id='forked'); os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "answer = [plain.add.delay(2, 2).get(timeout=40), plain.app.AsyncResult('forked').get(timeout=40)]"
    )
    assert call(process, code) == [4, 10]
