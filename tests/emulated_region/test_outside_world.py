"""The message about a process of services.yml that ends, and `stop` with an invalid services.yml."""

import time
from dataclasses import replace
from typing import Any

import pytest
from emulated_region import answers, commands, outside_world, plan
from emulated_region.errors import RegionError
from emulated_region.outside import Outside, Process

from .conftest import Checkout

PYTHON = """Traceback (most recent call last):
/usr/bin/python3: No module named hook
hook ended with exit code 1
another process says goodbye
"""


def test_the_process_that_ended_and_its_last_line_are_said() -> None:
    assert outside_world.last_words(PYTHON) == "hook ended with exit code 1: /usr/bin/python3: No module named hook"


def test_a_process_that_said_nothing_is_named() -> None:
    assert outside_world.last_words("hook ended with exit code 7\n") == "hook ended with exit code 7"


def test_without_an_end_the_end_of_the_log_is_said() -> None:
    assert outside_world.last_words("one\n\ntwo\n") == "one\ntwo"


def test_nobody_waits_for_what_has_ended() -> None:
    began = time.monotonic()

    with pytest.raises(RegionError) as refused:
        answers.wait("it", lambda: False, 60, lambda: "hook ended", has_ended=lambda: True, remedy="correct it")

    assert time.monotonic() - began < 5
    assert (refused.value.found, refused.value.remedy) == ("hook ended", "correct it")


def test_what_answers_has_not_ended() -> None:
    answers.wait("it", lambda: True, 60, lambda: "", has_ended=lambda: True)


class Ended:
    """A mock of podman whose container of external processes has ended, since podman itself is not tested here."""

    def containers(self, *_filters: str) -> dict[str, Any]:
        return {}

    def logs(self, _name: str, _lines: int) -> str:
        return PYTHON


@pytest.mark.parametrize("ports", [(), (9,)])
def test_the_remedy_is_to_correct_the_file(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, ports: Any) -> None:
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    region = plan.read(checkout.folder.name, with_outside=False)
    outside = Outside(processes=(Process(name="hook", command=("python3", "-m", "hook"), ports=ports),))
    region = replace(region, outside=outside)
    # Whether the address is in use on this machine is not tested here.
    monkeypatch.setattr(answers, "tcp", lambda *_: False)

    with pytest.raises(RegionError) as refused:
        outside_world.wait(Ended(), region)  # type: ignore[arg-type]

    assert "No module named hook" in refused.value.found
    assert refused.value.remedy.startswith(f"correct environments/{region.environment}/services.yml")
    assert "`make up`" in refused.value.remedy


def test_an_environment_with_a_wrong_services_yml_can_be_taken_down(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    (checkout.folder / "services.yml").write_text("processes: [{name: hook}]\n")
    stopped: list[Any] = []
    monkeypatch.setattr(commands, "stop", stopped.append)

    assert commands.run(["--environment", checkout.folder.name, "stop"]) == 0

    assert [region.prefix for region in stopped] == [plan.read(checkout.folder.name, with_outside=False).prefix]
    with pytest.raises(RegionError, match=r"services\.yml"):
        commands.run(["--environment", checkout.folder.name, "start"])
