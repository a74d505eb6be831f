"""Steps of `make up`: their environment, and their log."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from celery_platform.errors import TunnelError
from celery_platform.settings.tunnelled import Forwarded, only_tunnel, record
from emulated_region import plan, up
from emulated_region.application_secrets import RANDOM, supply_secrets
from emulated_region.errors import RegionError
from emulated_region.outside import Outside
from emulated_region.up import ANSIBLE, Step, _found, _run, next_commands, steps

from .conftest import PYTHONPATH, Checkout, free_port

SAY = Step("say", (sys.executable, "-c", "import os, sys; print('for', os.environ['ENV']); sys.exit('and wrong')"))


def printed(folder: Path) -> str:
    """Run the step for the environment `trial`; returns its log."""
    log = folder / "up.log"
    with log.open("wb") as sink:
        assert _run(SAY, "trial", "1/1", sink, log) == 1
    return log.read_text()


def test_a_step_is_for_the_environment_asked_for_whatever_env_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENV", "another")
    monkeypatch.delenv("VERBOSE", raising=False)

    assert "for trial" in printed(tmp_path)


def test_what_a_verbose_step_says_is_in_the_log_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("VERBOSE", "1")

    log = printed(tmp_path)

    assert "for trial" in log
    assert "and wrong" in log
    assert b"for trial" in capfdbinary.readouterr().out


FAILS = """
TASK [celery_worker : Start the workers] ***
fatal: [cpu-1]: FAILED! => {"msg": "Unable to start service celery-worker@cpu-1"}
PLAY RECAP ***
"""


def test_a_failed_playbook_shows_its_failed_tasks_and_not_its_recap(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VERBOSE", raising=False)
    log = tmp_path / "up.log"
    failing = Step("Ansible", (sys.executable, "-c", f"print({FAILS!r}); raise SystemExit(2)"), folder=ANSIBLE)

    with log.open("wb") as sink:
        assert _run(failing, "trial", "1/1", sink, log) == 2

    shown = capsys.readouterr().out
    assert "Start the workers, cpu-1: Unable to start service" in shown
    assert "RECAP" not in shown


def test_the_application_is_checked_before_anything_starts() -> None:
    first, *_ = steps("local")

    assert first.command[1:] == ("-m", "celery_platform", "application", "check", "local")
    printed = (
        "warning: nobody knows yet whether beat will start: x.\n6 tasks, each with a queue; 0 scheduled (pool io)\n"
    )
    assert _found(first, printed).count("\n") == 2


def test_cells_of_the_table_are_whole_where_there_is_no_terminal() -> None:
    """In a separate process, because the width is read when the console is created."""
    code = "from emulated_region.progress import console; print(console.width)"
    variables = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables | {"PYTHONPATH": ":".join(PYTHONPATH)}, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "160"


def test_the_end_names_what_to_do_next(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    region = plan.read(checkout.folder.name)

    assert next_commands(region)[0] == "make demo"
    assert next_commands(region)[-1] == "make down"


def test_a_console_that_does_not_answer_is_told_with_where_to_look(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_FOLDER", str(tmp_path))
    monkeypatch.setattr(up, "CONSOLE_SECONDS", 0.2)  # nobody waits for a minute
    resolved = json.loads((checkout.folder / "resolved.json").read_text())
    name = resolved["name"]

    with only_tunnel(name):
        record(name, [Forwarded("console", "127.0.0.1", 8321, free_port())])
        with pytest.raises(RegionError, match="monitoring-1 journalctl -u celery-console"):
            up._show_console(resolved)


def test_a_console_that_nothing_forwards_is_told_with_what_does(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_FOLDER", str(tmp_path))

    with pytest.raises(TunnelError, match="Run `make up`"):
        up._show_console(json.loads((checkout.folder / "resolved.json").read_text()))


class Account:
    """A mock of an account that has all secrets, because these messages need no emulator."""

    def secret(self, _name: str) -> str:
        return "some value"

    def put_secret(self, _name: str, _value: str) -> None:
        """Do nothing."""


@pytest.mark.parametrize(("given", "printed"), [({}, f"{RANDOM}: one, two"), ({"one": "1"}, f"{RANDOM}: two")])
def test_secrets_that_nobody_gave_a_value_are_named(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    given: dict[str, str], printed: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    region = replace(
        plan.read(checkout.folder.name), state=tmp_path, outside=Outside(secrets=given),
        application_secrets={"one": "local/one", "two": "local/two"},
    )  # fmt: skip
    supply_secrets(region, Account())  # type: ignore[arg-type]

    shown = capsys.readouterr().out
    assert printed in shown
    assert f"environments/{region.environment}/services.yml" in shown
    assert _found(next(step for step in steps("local") if step.name == "hosts"), shown)
