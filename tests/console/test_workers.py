"""Who is working, and what is scheduled? As real workers and a real beat leave it in the store."""

import json
from pathlib import Path

from celery_platform.console.serve import Options

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .conftest import Opened, opened, slow_on_amazon_mq
from .inside import inside
from .pages import text_of


def shown(console: Opened, page: str, text: str) -> str:
    """The words of a page once it has this text."""

    def look() -> str:
        console.site.workers.forget()
        console.site.schedule.forget()
        console.site.releases.forget()
        words = text_of(console.client.get(page).text)
        return words if text in words else ""

    return eventually(look, text)


@slow_on_amazon_mq
def test_a_worker_and_the_slots_of_its_pool_are_shown(on_each: TestEnvironment, acting_on_each: Opened) -> None:
    assert "No worker has said anything" in text_of(acting_on_each.client.get("/workers").text)

    with on_each.worker("io"):
        page = shown(acting_on_each, "/workers", "0 of 8")

    assert "io-" in page
    assert "No task runs" in page


def test_the_release_that_a_worker_runs_is_shown(plain_redis: TestEnvironment, console: Opened) -> None:
    with plain_redis.worker("io", CELERY_RUNNING_RELEASE="92c0b9fa8a11"):
        page = shown(console, "/workers", "Release 92c0b9fa8a11 began to run")

    assert "0 of 8 0 92c0b9fa8a11 none" in page


def test_entries_of_the_schedule_have_their_next_runs_and_say_that_no_beat_runs(console: Opened) -> None:
    page = shown(console, "/schedule", "every_night")

    assert "exercises.nightly.summary" in page
    assert "No beat holds the lock of the schedule" in page
    assert "not known" in page, "it was never sent"


def test_an_application_that_cannot_be_imported_is_said_and_the_rest_is_shown(
    plain_redis: TestEnvironment, tmp_path: Path
) -> None:
    broken = plain_redis.variant(tmp_path)
    broken.resolved["application"]["celery"] = "exercises.nowhere:celery"
    Path(broken.variables["CELERY_ENVIRONMENT_FILE"]).write_text(json.dumps(broken.resolved))
    with inside(broken):
        console = opened(Options(audit_log=tmp_path / "audit"))
        page = shown(console, "/schedule", "cannot be read")

    assert "exercises.nowhere" in page
    assert "Delayed messages" in page
