"""When a release begins to run, as the workers that run it say in the store."""

from collections.abc import Iterator

import pytest
from celery_platform.observability.releases import (
    GONE_SECONDS,
    MOST_KEPT,
    Begun,
    add_to,
    begun_releases,
    last_before,
    own_release,
)
from celery_platform.observability.worker_reports import WorkerReport, live_reports
from celery_platform.observability.worker_reports import add_to as add_report
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

OLD, NEW = "92c0b9fa8a11", "5a41d0c70e1f"


@pytest.fixture
def prefix(inside_sqs: object) -> Iterator[str]:
    """The prefix of an environment in which no release has run."""
    del inside_sqs
    found = runtime().environment.prefix
    forget(found)
    yield found
    forget(found)


def forget(prefix: str) -> None:
    names = [f"{prefix}:releases", *valkey().scan_iter(f"{prefix}:release:*"), *valkey().scan_iter(f"{prefix}:worker*")]
    valkey().delete(*names)


def says(prefix: str, release: str, at: float) -> None:
    """A worker of this release writes its report."""
    with valkey().pipeline(transaction=False) as pipe:
        add_to(pipe, prefix, release, at)
        pipe.execute()


def gone(prefix: str, release: str) -> None:
    """No worker of this release has said anything for a minute."""
    assert 0 < int(valkey().ttl(f"{prefix}:release:{release}")) <= GONE_SECONDS
    valkey().delete(f"{prefix}:release:{release}")


def begun() -> list[tuple[str, float]]:
    return [(each.release, each.at) for each in begun_releases(now=lambda: 2000.0)]


def test_a_release_begins_with_its_first_worker(prefix: str) -> None:
    for at in (1000.0, 1002.0, 1004.5):
        says(prefix, OLD, at)

    assert begun() == [(OLD, 1000.0)]


def test_while_hosts_change_one_after_the_other_each_release_began_once(prefix: str) -> None:
    for at in (1000.0, 1010.0, 1020.0):
        says(prefix, OLD, at)
        says(prefix, NEW, at + 5)

    assert begun() == [(OLD, 1000.0), (NEW, 1005.0)]


def test_a_release_to_which_people_go_back_begins_again(prefix: str) -> None:
    says(prefix, OLD, 1000.0)
    says(prefix, NEW, 1100.0)
    gone(prefix, OLD)

    says(prefix, OLD, 1200.0)

    assert begun() == [(OLD, 1000.0), (NEW, 1100.0), (OLD, 1200.0)]


def test_workers_that_come_back_with_the_same_release_begin_nothing(prefix: str) -> None:
    says(prefix, OLD, 1000.0)
    gone(prefix, OLD)

    says(prefix, OLD, 1200.0)

    assert begun() == [(OLD, 1000.0)]


def test_the_newest_are_kept(prefix: str) -> None:
    for number in range(MOST_KEPT + 5):
        says(prefix, f"r{number}", 1000.0 + number)

    assert [release for release, _ in begun()] == [f"r{number}" for number in range(5, MOST_KEPT + 5)]


def test_a_worker_says_its_release_with_its_report_and_one_that_knows_none_begins_nothing(prefix: str) -> None:
    with valkey().pipeline(transaction=False) as pipe:
        add_report(pipe, prefix, WorkerReport("io-1@h", "io", 1000.0, 1, 0, 0, release=OLD))
        add_report(pipe, prefix, WorkerReport("io-2@h", "io", 1000.0, 1, 0, 0))
        pipe.execute()

    assert {each.name: each.release for each in live_reports(now=lambda: 1000.0)} == {"io-1@h": OLD, "io-2@h": ""}
    assert begun() == [(OLD, 1000.0)]


@pytest.mark.parametrize(("moment", "release"), [(999.0, None), (1000.0, OLD), (5000.0, NEW), (None, None)])
def test_what_failed_first_failed_after_the_release_that_began_last_before(
    moment: float | None, release: str | None
) -> None:
    found = last_before([Begun(OLD, 1000.0), Begun(NEW, 2000.0)], moment)

    assert (found and found.release) == release


@pytest.mark.parametrize(("variable", "release"), [(OLD, OLD), ("", ""), ("a b", ""), ("x" * 65, "")])
def test_the_release_of_a_process_is_in_its_environment(
    variable: str, release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_RUNNING_RELEASE", variable)

    assert own_release() == release
