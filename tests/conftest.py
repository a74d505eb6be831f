"""Suites run side by side (`make test`): each in order and in one process, the longest first."""

import os
import signal
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests import server_marker

# They make the same container image and wheelhouse, in the same places.
ONE_PROCESS = {"image": "path", "pods": "path"}
# What brings environments up takes most of the time; begun last, it would run alone at the end.
LONGEST_FIRST = ("path", "terraform", "emulated_region", "celery_platform")
# It takes as long as all others, and each of its folders starts servers of its own.
PARTED = "celery_platform"

# `make check`: of generated inputs a sample, other ones each time. `make test` has them all.
settings.register_profile("quick", max_examples=15)


class OneProcessForEachSuite(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Tests of one folder of tests/ share servers and names on this machine, so they share a process."""

    def _split_scope(self, nodeid: str) -> str:
        if suite(nodeid) == PARTED:
            return "/".join(nodeid.partition("::")[0].split("/")[1:3])
        return ONE_PROCESS.get(suite(nodeid), suite(nodeid))


def suite(nodeid: str) -> str:
    """The folder of tests/ that a test is in.

    Example: `suite("tests/path/test_whole_path.py::test_down") == "path"`
    """
    return nodeid.split("/")[1]


def pytest_sessionstart() -> None:
    """Let processes that tests start have signals as at a terminal: under nohup and in the background some are ignored.

    A process inherits what is ignored, but no handler (signal(7)); so a handler that does nothing gives it the default.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, lambda *_: None)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneProcessForEachSuite:
    """How xdist hands tests out, whatever `--dist` says."""
    return OneProcessForEachSuite(config, log)


@pytest.fixture(autouse=True)
def _starts_what_it_says(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test without the marker `server` starts none, so that `make check` stays what it says."""
    if request.node.get_closest_marker("server") is None:
        monkeypatch.setenv(server_marker.VARIABLE, request.node.nodeid)


# Before `-m` chooses by the markers that are added here.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest suites; leave out what takes minutes unless it is asked for."""
    left_out = pytest.mark.skip(reason="takes minutes: `make test-app`, `-applications`, `-terraform` run it")
    for item in items:
        if server_marker.starts_a_server(suite(item.nodeid), item):
            item.add_marker("server")
        if item.get_closest_marker("slow") and "SLOW" not in os.environ:
            item.add_marker(left_out)
    turns = {name: turn for turn, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: turns.get(ONE_PROCESS.get(suite(item.nodeid), suite(item.nodeid)), len(turns)))
