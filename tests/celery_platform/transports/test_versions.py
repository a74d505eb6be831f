"""With a release that the fast paths were not tested with, stock code runs and says so."""

import os
import subprocess
import sys

from celery_platform.transports.versions import untested

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.processes import running

OF_ANOTHER_KOMBU = """
import sys
from celery_platform.transports import versions
versions.TESTED["kombu"] = "9.9"
{then}
"""
WORK = """
import runpy
sys.argv = ["harness", "1"]
runpy.run_module("tests.celery_platform.turbo.harness", run_name="__main__")
"""
WHICH = "from celery_platform.transports.sqs.transport import Transport; print(Transport.__module__)"


def test_a_turbo_worker_runs_stock_code_and_says_so(bench: Bench, where: str) -> None:
    log = bench.folder / f"{where}.log"
    command = [sys.executable, "-c", OF_ANOTHER_KOMBU.format(then=WORK)]
    with running(command, log, bench.variables | {"TURBO_NAME": os.urandom(3).hex()}, stop_seconds=30):
        for number in range(20):
            bench.work.record.delay(where, number)

        assert sorted(map(int, bench.noted(where, 20))) == list(range(20))
    assert "turbo is off, stock code runs: not tested with kombu" in log.read_text()


def test_the_sqs_transport_is_the_one_without_batches() -> None:
    code = OF_ANOTHER_KOMBU.format(then=WHICH)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)

    assert ran.stdout.strip() == "celery_platform.transports.sqs.channel"


def test_the_releases_in_the_lock_file_are_the_tested_ones() -> None:
    assert untested() == []
