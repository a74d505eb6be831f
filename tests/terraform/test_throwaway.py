"""The emulated account of a plan without credentials ends with the plan, however that ends."""

import signal
import socket
import subprocess
import sys

import pytest

from tests.harness.waiting import eventually
from tests.terraform.conftest import ROOT

PLANNING = """
import os, time
from runner.throwaway import throwaway
with throwaway("eu-west-1"):
    print(os.environ["AWS_ENDPOINT_URL"], flush=True)
    time.sleep(300)
"""


def answers(endpoint: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2])), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_plan_leaves_no_account_behind(number: signal.Signals) -> None:
    command = [sys.executable, "-c", PLANNING]
    with subprocess.Popen(command, cwd=ROOT / "terraform", stdout=subprocess.PIPE, text=True) as planning:
        assert planning.stdout
        endpoint = planning.stdout.readline().strip()
        assert answers(endpoint)
        planning.send_signal(number)

    eventually(lambda: not answers(endpoint), "the end of the account")
