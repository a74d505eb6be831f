"""A clock that was wrong for a moment silences no entry of the schedule."""

import sys
import time
from pathlib import Path

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

# An entry that a beat with a clock a year ahead has sent.
A_YEAR_AHEAD = """
import json, logging
from datetime import UTC, datetime, timedelta
from exercises.celery import celery
from celery_platform.worker.beat import Scheduler
from celery_platform.worker.beat_entry import as_meta
from redbeat.schedulers import get_redis
celery.conf.update(beat_schedule={{{name!r}: {{"task": "exercises.nightly.summary", "schedule": 1.0}}}})
entry = Scheduler(app=celery).schedule[{name!r}]
entry.last_run_at = datetime.now(UTC) + timedelta(days=365)
store = get_redis(celery)
store.hset(entry.key, "meta", json.dumps({{"last_run_at": as_meta(entry.last_run_at)}}))
store.zadd(celery.redbeat_conf.schedule_key, {{entry.key: entry.score}})
"""
BEAT = """
from exercises.celery import celery
from celery_platform.settings import runtime
from celery_platform.worker import beat
{before}
runtime().environment.schedule.clear()
celery.conf.beat_schedule
celery.conf.update(redbeat_lock_timeout=6, beat_max_loop_interval=1,
                   beat_schedule={{{name!r}: {{"task": "exercises.nightly.summary", "schedule": 1.0}}}})
from celery_platform.worker.start import start_beat
start_beat()
"""


def test_an_entry_that_was_sent_in_the_future_counts_from_now(sqs: TestEnvironment, tmp_path: Path) -> None:
    sqs.python(A_YEAR_AHEAD.format(name="ahead"))
    log = tmp_path / "beat.log"
    with running([sys.executable, "-c", BEAT.format(name="ahead", before="")], log, sqs.variables, stop_seconds=5):
        eventually(lambda: log.read_text().count("Sending due task ahead") > 1, f"it: {log.read_text()}", 60)
    assert log.read_text().count("a clock was wrong") == 1


def test_without_the_guard_it_is_not_sent(sqs: TestEnvironment, tmp_path: Path) -> None:
    sqs.python(A_YEAR_AHEAD.format(name="silenced"))
    log = tmp_path / "beat.log"
    code = BEAT.format(name="silenced", before="beat.mend_future_turns = lambda scheduler: []")
    with running([sys.executable, "-c", code], log, sqs.variables, stop_seconds=5):
        eventually(lambda: "Acquired lock" in log.read_text(), "beat's lock", 60)
        time.sleep(8)
    assert "Sending due task silenced" not in log.read_text(), "redbeat mends it: remove worker/beat_clock.py"
