"""How AWS's plugin is found and called."""

import json
from pathlib import Path

import pytest
from celery_platform.errors import TunnelError
from celery_platform.tunnel.plugin import VARIABLE, Plugin, found_plugin
from celery_platform.tunnel.session import session_request

SESSION = {"SessionId": "s", "TokenValue": "t", "StreamUrl": "u", "ResponseMetadata": {}}
URL = "https://ssm.eu-west-1.amazonaws.com"


def test_a_server_behind_an_instance_is_named_in_the_request() -> None:
    request = session_request("i-1", "b-1.mq.eu-west-1.on.aws", 443, 40001)

    assert request == {
        "Target": "i-1",
        "DocumentName": "AWS-StartPortForwardingSessionToRemoteHost",
        "Parameters": {"host": ["b-1.mq.eu-west-1.on.aws"], "portNumber": ["443"], "localPortNumber": ["40001"]},
    }


def test_what_listens_on_the_instance_itself_has_a_document_of_its_own() -> None:
    request = session_request("i-1", "127.0.0.1", 9090, 40001)

    assert request["DocumentName"] == "AWS-StartPortForwardingSession"
    assert request["Parameters"] == {"portNumber": ["9090"], "localPortNumber": ["40001"]}


def test_the_token_of_a_session_is_on_no_command_line() -> None:
    request = session_request("i-1", "10.0.0.1", 443, 40001)
    command, variables = Plugin("plugin", (1, 2, 707)).command(SESSION, request, "eu-west-1", URL)

    assert command[:5] == ["plugin", VARIABLE, "eu-west-1", "StartSession", ""]
    assert (json.loads(command[5]), command[6]) == (request, URL)
    assert json.loads(variables[VARIABLE]) == {"SessionId": "s", "TokenValue": "t", "StreamUrl": "u"}


def test_a_plugin_that_reads_no_variable_gets_the_session_as_an_argument() -> None:
    command, variables = Plugin("plugin", (1, 2, 497)).command(SESSION, {}, "eu-west-1", URL)

    assert json.loads(command[1])["TokenValue"] == "t"
    assert variables == {}


def test_a_plugin_that_closes_idle_ports_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "session-manager-plugin"
    program.write_text("#!/bin/sh\necho 1.2.323.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(TunnelError, match=r"expected session-manager-plugin 1\.2\.331 .*; found .* 1\.2\.323\.0\."):
        found_plugin()
