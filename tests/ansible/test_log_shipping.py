"""The program that sends a host's journal to CloudWatch Logs: nothing of it is lost, whatever CloudWatch answers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.ansible.roles import ANSIBLE
from tests.harness import servers
from tests.harness.refusing_proxy import Answer, error, refusing_proxy
from tests.harness.waiting import eventually

PROGRAM = ANSIBLE / "roles" / "log_shipping" / "files" / "log_shipping"
GROUP = "/celery/celery-test/hosts"
# The journal of a test: journald needs systemd, which only the hosts of Molecule and of `make up` have.
JOURNALCTL = """#!{python}
import json, sys, time
begin = next((word for word in sys.argv if word.startswith("--after-cursor=")), "").partition("=")[2]
after = int(begin or -1)
with open("{file}") as journal:
    while True:
        line = journal.readline()
        if not line.endswith("\\n"):
            time.sleep(0.02)
        elif int(json.loads(line)["__CURSOR"]) > after:
            print(line, end="", flush=True)
"""


@dataclass
class Host:
    """A host whose journal is a file."""

    folder: Path
    endpoint: str
    group: str
    written: int = 0

    def write(self, *messages: Any, **fields: Any) -> None:
        """Write entries to the journal."""
        with (self.folder / "journal").open("a") as journal:
            for message in messages:
                at = 1_790_000_000_000_000 + self.written * 1_000
                entry = {"__CURSOR": str(self.written), "__REALTIME_TIMESTAMP": str(at), "MESSAGE": message}
                journal.write(json.dumps(entry | {"PRIORITY": "6", "_SYSTEMD_UNIT": "a.service"} | fields) + "\n")
                self.written += 1

    @contextmanager
    def shipping(self, endpoint: str = "") -> Iterator["subprocess.Popen[bytes]"]:
        """The program, until the end of the block or of its own."""
        variables = os.environ | {
            "PATH": f"{self.folder}:{os.environ['PATH']}", "STATE_DIRECTORY": str(self.folder),
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        }  # fmt: skip
        with (self.folder / "said").open("a") as said:
            process = subprocess.Popen(
                [sys.executable, PROGRAM, "--group", self.group, "--stream", "w-1", "--gather", "0.5"],
                env=variables,
                stderr=said,
            )
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(30) is not None

    @property
    def client(self) -> Any:
        """CloudWatch Logs, as the emulator has it."""
        return botocore.session.get_session().create_client(
            "logs", "eu-west-1", endpoint_url=self.endpoint, aws_access_key_id="test", aws_secret_access_key="test"
        )

    def shipped(self) -> list[dict[str, Any]]:
        """What CloudWatch has, in order."""
        client = self.client
        if not client.describe_log_streams(logGroupName=self.group)["logStreams"]:
            return []
        found = client.get_log_events(logGroupName=self.group, logStreamName="w-1", startFromHead=True, limit=10_000)
        return [json.loads(event["message"]) for event in found["events"]]

    def messages(self) -> list[str]:
        """The texts of what CloudWatch has."""
        return [event["message"] for event in self.shipped()]

    def said(self) -> str:
        """What the program has printed."""
        return (self.folder / "said").read_text()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An account."""
    with servers.aws(tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture
def host(tmp_path: Path, endpoint: str) -> Host:
    """A host whose log group is there."""
    found = Host(tmp_path, endpoint, f"{GROUP}/{tmp_path.name}")
    (tmp_path / "journal").touch()
    (tmp_path / "journalctl").write_text(JOURNALCTL.format(python=sys.executable, file=tmp_path / "journal"))
    (tmp_path / "journalctl").chmod(0o755)
    found.client.create_log_group(logGroupName=found.group)
    return found


@pytest.mark.server
def test_entries_arrive_with_their_unit_and_json_keeps_its_fields(host: Host) -> None:
    host.write('{"event": "task", "task_id": "1"}')
    host.write("node is up", PRIORITY="4", UNIT="rabbitmq-server.service")
    with host.shipping():
        eventually(lambda: len(host.shipped()) == 2, "both entries")

    assert host.shipped() == [
        {"unit": "a.service", "event": "task", "task_id": "1"},
        {"unit": "rabbitmq-server.service", "level": "warning", "message": "node is up"},
    ]


@pytest.mark.server
def test_after_a_stop_it_goes_on_where_it_was(host: Host) -> None:
    host.write("before")
    with host.shipping() as process:
        eventually((host.folder / "cursor").exists, "the place")
    host.write("meanwhile")
    with host.shipping():
        eventually(lambda: len(host.messages()) >= 2, "the other entry")

    assert process.returncode == 0
    assert host.messages() == ["before", "meanwhile"]


@pytest.mark.server
def test_a_stop_sends_first_what_was_read(host: Host) -> None:
    with host.shipping():
        host.write("first")
        eventually((host.folder / "cursor").exists, "the program follows the journal")
        host.write("last words")
        time.sleep(0.2)  # it gathers for longer

    assert host.messages() == ["first", "last words"]


@pytest.mark.server
@pytest.mark.parametrize(
    "answer",
    [
        error(400, "ThrottlingException"), error(400, "AccessDeniedException"), error(400, "ExpiredTokenException"),
        error(500, "ServiceUnavailableException"), Answer(503, b"<html>"), Answer(200, b"[]"), Answer(None),
    ],
    ids=["throttled", "denied", "expired", "unavailable", "a_page", "a_list", "closed"],
)  # fmt: skip
def test_nothing_is_lost_or_repeated_while_cloudwatch_refuses(host: Host, answer: Answer) -> None:
    with refusing_proxy(host.endpoint) as (proxied, refusals):
        refusals.answer["PutLogEvents"] = answer
        host.write(*(f"line {number}" for number in range(5)))
        with host.shipping(proxied):
            eventually(lambda: refusals.refused["PutLogEvents"] >= 1, "a refusal")
            host.write(*(f"line {number}" for number in range(5, 10)))
            del refusals.answer["PutLogEvents"]
            eventually(lambda: len(host.shipped()) >= 10, "every entry")

    assert host.messages() == [f"line {number}" for number in range(10)]


@pytest.mark.server
def test_an_entry_that_is_refused_for_itself_holds_up_no_other(host: Host) -> None:
    def refuse(body: bytes) -> Answer | None:
        return error(400, "InvalidParameterException", "poisoned") if b"poison" in body else None

    host.write(*(f"line {number}" for number in range(4)), "poison", *(f"line {number}" for number in range(4, 9)))
    with refusing_proxy(host.endpoint) as (proxied, refusals):
        refusals.answer["PutLogEvents"] = refuse
        with host.shipping(proxied):
            eventually(lambda: len(host.shipped()) >= 9, "every other entry")

    assert host.messages() == [f"line {number}" for number in range(9)]
    assert "is left out" in host.said()


@pytest.mark.server
def test_a_group_that_is_missing_is_named_and_waited_for(host: Host) -> None:
    host.client.delete_log_group(logGroupName=host.group)
    host.write("a line")
    with host.shipping():
        eventually(lambda: host.group in host.said(), "its words")
        host.client.create_log_group(logGroupName=host.group)
        eventually(lambda: host.messages() == ["a line"], "the entry")


@pytest.mark.server
def test_without_room_for_its_place_it_goes_on(host: Host) -> None:
    (host.folder / "cursor.new").mkdir()  # as a full disk, it cannot be written
    host.write("first")
    with host.shipping():
        eventually(lambda: "cannot be written down" in host.said(), "its words")
        host.write("second")
        eventually(lambda: len(host.messages()) >= 2, "the second entry")

    assert host.messages() == ["first", "second"]


@pytest.mark.server
def test_a_killed_program_loses_nothing(host: Host) -> None:
    with host.shipping() as process:
        host.write(*(f"line {number}" for number in range(20)))
        eventually(lambda: bool(host.shipped()), "the first call")
        host.write("after it")
        process.kill()
    with host.shipping():
        eventually(lambda: "after it" in host.messages(), "the rest")

    assert set(host.messages()) == {*(f"line {number}" for number in range(20)), "after it"}
