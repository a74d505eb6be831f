"""promtool checks, on simulated time, when each alert fires, when it does not, and when it resolves."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery_platform.environment.files import rules_file
from celery_platform.environment.load import names
from celery_platform.environment.resolve import resolve
from celery_platform.observability.alerts.alert import Thresholds
from celery_platform.observability.alerts.render import all_alerts, rules

from tests.harness.environment import LOCAL, described
from tests.harness.processes import find_program

from .harness.series import QUEUE, TASK, Case, busy, counts, gauge, histogram, outcomes, steps

# Thresholds of the local environment for tests: 500 messages, 60 s, 2 % of at least 50 attempts.
CASES = [
    Case("CeleryQueueLong", "over 500 for five minutes",
         gauge(f"celery_queue_length{QUEUE}", (0, 5), (501, 10), (0, 5)), fires=(11,), quiet=(4, 9, 16)),
    Case("CeleryQueueLong", "a burst that drains within four minutes, and exactly the threshold",
         gauge(f"celery_queue_length{QUEUE}", (0, 5), (9999, 4), (500, 20)), quiet=(8, 9.5, 20)),
    Case("CeleryQueueWaitBurnsFast", "a fifth late for an hour, then none",
         histogram((10, 0, 30), (8, 2, 70), (10, 0, 30)), fires=(99,), quiet=(29, 107)),
    Case("CeleryQueueWaitBurnsFast", "a tenth late is not urgent",
         histogram((9, 1, 180)), quiet=(90, 170)),
    Case("CeleryQueueWaitBurnsSlowly", "a tenth late for six hours, then none",
         histogram((9, 1, 400), (10, 0, 60)), fires=(390,), quiet=(440,)),
    Case("CeleryQueueWaitBurnsSlowly", "one in fifty late is within six times the budget",
         histogram((49, 1, 400)), quiet=(200, 390)),
    Case("CeleryQueueNotDrained", "messages and no workers",
         gauge(f"celery_queue_length{QUEUE}", (3, 30))
         | gauge(f"celery_active_consumer_count{QUEUE}", (1, 5), (0, 5), (1, 20)), fires=(6, 9), quiet=(4, 11)),
    Case("CeleryQueueNotDrained", "a queue that no worker ever drained",
         gauge(f"celery_queue_length{QUEUE}", (3, 30)), fires=(2,)),
    Case("CeleryQueueNotDrained", "an empty queue needs no worker",
         gauge(f"celery_queue_length{QUEUE}", (0, 30)), quiet=(5, 20)),
    Case("CeleryQueueStalled", "messages, free slots, and no task started for a minute",
         busy() | gauge(f"celery_queue_length{QUEUE}", (3, 30))
         | {f"celery_task_started_total{TASK}}}": counts((1, 10), (0, 5), (1, 15))}, fires=(11, 14), quiet=(9, 16)),
    Case("CeleryQueueStalled", "every slot runs a long task",
         busy(free=0) | gauge(f"celery_queue_length{QUEUE}", (3, 30))
         | {f"celery_task_started_total{TASK}}}": counts((0, 30))}, quiet=(5, 20)),
    Case("CeleryQueueStalled", "people have paused the queue",
         busy() | gauge(f"celery_queue_length{QUEUE}", (3, 30)) | gauge(f"celery_queue_paused{QUEUE}", (1, 30))
         | {f"celery_task_started_total{TASK}}}": counts((0, 30))}, quiet=(5, 20)),
    Case("CeleryQueueNotDrained", "people have paused the queue",
         gauge(f"celery_queue_length{QUEUE}", (3, 30)) | gauge(f"celery_queue_paused{QUEUE}", (1, 30)), quiet=(5, 20)),
    Case("CeleryQueuePaused", "paused for longer than four hours",
         gauge(f"celery_queue_paused{QUEUE}", (1, 300)), fires=(245,), quiet=(230,)),
    Case("CeleryOldestMessageOld", "older than two minutes",
         gauge(f"celery_queue_oldest_message_age_seconds{QUEUE}", (5, 5), (121, 5), (0, 5)), fires=(9,), quiet=(4, 12)),
    Case("CeleryOldestMessageOld", "two minutes are allowed",
         gauge(f"celery_queue_oldest_message_age_seconds{QUEUE}", (120, 20)), quiet=(15,)),
    Case("CeleryDeadLetters", "one message failed for good, and is replayed",
         gauge(f"celery_dead_letter_queue_length{QUEUE}", (0, 5), (1, 5), (0, 5)), fires=(8,), quiet=(4, 12)),
    Case("CeleryTasksFail", "a twentieth fails, then nothing",
         outcomes((10, 0, 20), (19, 1, 20), (10, 0, 40)), fires=(35,), quiet=(19, 58)),
    Case("CeleryTasksFail", "one of three failed, which is too few to judge",
         outcomes((0, 0, 5), (0.04, 0.02, 20)), quiet=(10, 20)),
    Case("CeleryTasksFail", "one in a hundred is within the two allowed",
         outcomes((99, 1, 40)), quiet=(30,)),
    Case("CeleryWorkerDown", "a worker that does not answer",
         gauge('up{job="celery-worker"}', (1, 5), (0, 5), (1, 5)), fires=(8,), quiet=(4, 5.5, 11)),
    Case("CeleryWorkerRestarts", "four starts after the first in fifteen minutes",
         gauge("celery_worker_start_time_seconds", (1, 20), (2, 2), (3, 2), (4, 2), (5, 60)), fires=(28,),
         quiet=(24, 60)),
    Case("CeleryWorkerRestarts", "a deploy starts it once",
         gauge("celery_worker_start_time_seconds", (1, 20), (2, 20)), quiet=(22, 30)),
    Case("CeleryWorkerWedged", "an event loop that is stuck",
         gauge("celery_worker_heartbeat_age_seconds", (3, 5), (90, 5), (3, 5)), fires=(8,), quiet=(4, 11)),
    Case("CeleryChildrenLost", "a message that kills its process each time",
         {f"celery_task_lost_total{TASK}}}": counts((0, 5), (1, 1), (0, 20))}, fires=(7,), quiet=(4, 20)),
    Case("CeleryChildrenLost", "one killed child",
         {f"celery_task_lost_total{TASK}}}": counts((0, 5), (1, 0.17), (0, 20))}, quiet=(7,)),
    Case("CeleryBrokerMemory", "over four fifths, then an alarm",
         gauge('celery_broker_memory_used_bytes{node="n"}', (1, 5), (85, 5), (1, 30))
         | gauge('celery_broker_memory_limit_bytes{node="n"}', (100, 40))
         | gauge('celery_broker_memory_alarm{node="n"}', (0, 20), (1, 5), (0, 5)), fires=(9, 24), quiet=(4, 15, 27)),
    Case("CeleryBrokerMemory", "a server without a limit",
         gauge('celery_broker_memory_used_bytes{node="n"}', (85, 20))
         | gauge('celery_broker_memory_limit_bytes{node="n"}', (0, 20)), quiet=(15,)),
    Case("CeleryBrokerDisk", "less than twice the limit",
         gauge('celery_broker_disk_free_bytes{node="n"}', (300, 5), (190, 5), (300, 5))
         | gauge('celery_broker_disk_free_limit_bytes{node="n"}', (100, 15)), fires=(9,), quiet=(4, 12)),
    Case("CeleryBrokerPartitioned", "a node cannot reach another",
         gauge('celery_broker_partitions{node="n"}', (0, 5), (1, 5), (0, 5)), fires=(6,), quiet=(4, 12)),
    Case("CeleryBrokerNodeApart", "its host does not restart it",
         gauge('rabbitmq_rejoin_apart_seconds{host="h"}', (0, 5), (360, 5), (0, 5)), fires=(6,), quiet=(4, 12)),
    Case("CeleryBrokerNodeApart", "its host restarts it within two minutes",
         gauge('rabbitmq_rejoin_apart_seconds{host="h"}', (0, 5), (110, 2), (0, 5)), quiet=(4, 6, 11)),
    Case("CeleryBrokerNodeRejoined", "its host restarted it once",
         {'rabbitmq_rejoin_restarts_total{host="h"}': steps((0, 10), (1, 110))}, fires=(15, 60), quiet=(5, 90)),
    Case("CeleryBrokerNodeDown", "a node stopped and came back",
         gauge('celery_broker_node_up{node="n"}', (1, 5), (0, 5), (1, 5)), fires=(8,), quiet=(4, 12)),
    Case("CeleryCertificateExpires", "30 days are left from the fifth minute on, until it is renewed",
         gauge('celery_broker_certificate_expiry_timestamp_seconds{address="a"}',
               (30 * 86400 + 300, 20), (397 * 86400, 10)),
         fires=(18,), quiet=(4, 12, 22)),
    Case("CeleryQuorumDegraded", "two of three members",
         gauge(f"celery_queue_members{QUEUE}", (3, 20))
         | gauge(f"celery_queue_members_online{QUEUE}", (3, 5), (2, 5), (3, 10)), fires=(8,), quiet=(4, 12)),
    Case("CeleryBeatSilent", "an entry three minutes late",
         gauge("celery_beat_overdue_seconds", (0, 5), (180, 5), (0, 5)) | gauge("celery_beat_locked", (1, 15)),
         fires=(8,), quiet=(4, 12)),
    Case("CeleryBeatSilent", "no beat holds the lock",
         gauge("celery_beat_overdue_seconds", (0, 15)) | gauge("celery_beat_locked", (1, 5), (0, 5), (1, 5)),
         fires=(8,), quiet=(4, 12)),
    Case("CeleryExporterBlind", "the broker cannot be polled",
         gauge('up{job="celery-exporter"}', (1, 15)) | gauge("celery_broker_up", (1, 5), (0, 5), (1, 5)),
         fires=(8,), quiet=(4, 12)),
    Case("CeleryExporterBlind", "there is no exporter at all", gauge("up", (1, 15)), fires=(8,)),
    Case("CeleryOutboxLate", "a row that no relay publishes, until one does",
         gauge("celery_outbox_oldest_task_age_seconds", (0, 5), (61, 5), (0, 5)), fires=(7, 9), quiet=(4, 5.5, 11)),
    Case("CeleryOutboxLate", "a burst that drains within a minute",
         gauge("celery_outbox_oldest_task_age_seconds", (0, 5), (90, 0.5), (60, 10)), quiet=(5.5, 6.5, 12)),
    Case("CeleryOutboxRefused", "a task was set aside, and its row is deleted",
         gauge("celery_outbox_refused_length", (0, 5), (1, 5), (0, 5)), fires=(8,), quiet=(4, 12)),
    Case("CeleryOutboxUnread", "no relay reads it for five minutes",
         {"celery_outbox_read_timestamp_seconds": f"0+10x{5 * 6} 300x{5 * 6 - 1} 610+10x{5 * 6}"},
         fires=(8.5, 9.5), quiet=(4, 7.5, 10.5)),
    Case("CeleryOutboxUnread", "a new environment whose relay never starts",
         gauge("celery_outbox_read_timestamp_seconds", (0, 10)), fires=(4,), quiet=(2.5,)),
    Case("CeleryOutboxUnread", "an environment without an outbox", gauge("up", (1, 15)), quiet=(10,)),
]  # fmt: skip


@pytest.fixture(scope="module")
def promtool() -> str:
    return find_program("promtool", "prometheus")


@pytest.fixture(scope="module")
def checked_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules with the thresholds that the cases assume."""
    file = tmp_path_factory.mktemp("rules") / "rules.yml"
    file.write_text(yaml.safe_dump(rules(resolve(described(LOCAL)))))
    return file


def document(case: Case, rules_file: Path) -> dict[str, Any]:
    return {
        "rule_files": [str(rules_file)],
        "evaluation_interval": "10s",
        "tests": [
            {
                "interval": "10s",
                "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{case.alert}", alertstate="firing"}}) > bool 0 or vector(0)',
                        "eval_time": f"{int(minute * 60)}s",
                        "exp_samples": [{"labels": "{}", "value": float(firing)}],
                    }
                    for minute, firing in [*((at, True) for at in case.fires), *((at, False) for at in case.quiet)]
                ],
            }
        ],
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}-{case.why}".replace(" ", "_"))
@pytest.mark.server
def test_the_alert_fires_when_it_should_and_only_then(
    case: Case, promtool: str, checked_rules: Path, tmp_path: Path
) -> None:
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(document(case, checked_rules)))
    run = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr


def test_a_wrong_expectation_fails(promtool: str, checked_rules: Path, tmp_path: Path) -> None:
    case = CASES[0]
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(document(replace(case, fires=case.quiet, quiet=case.fires), checked_rules)))

    assert subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("environment", names())
def test_the_rules_of_every_environment_are_valid(environment: str, promtool: str) -> None:
    run = subprocess.run(
        [promtool, "check", "rules", str(rules_file(environment))], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    alerts = {alert.name for alert in all_alerts(Thresholds.of(resolve(described(LOCAL))))}

    assert {case.alert for case in CASES if case.fires} == alerts
    assert {case.alert for case in CASES if case.quiet} == alerts
