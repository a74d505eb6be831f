"""Say where each host stands when a run did not succeed on all of them."""

from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: where_hosts_stand
type: aggregate
short_description: Where each host stands after a run in which one failed or became unreachable
description:
  - To Ansible, an unreachable host is none that failed. Its rescue does not run, and the run continues without it.
  - After such a run, and after one with a failure, this prints a line for each host, with the task at which it stands.
    After a run in which every host succeeded it prints nothing.
"""

LONGEST = 300


class CallbackModule(CallbackBase):
    """Ansible's entry point."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "where_hosts_stand"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._play = ""
        self._last: dict[str, str] = {}
        self._wrong: dict[str, str] = {}

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Note which play runs."""
        self._play = play.get_name()

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note the last task that succeeded on a host."""
        self._last[_host(result)] = self._task(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note what failed; of a rescue, what failed in it."""
        if not ignore_errors:
            self._wrong[_host(result)] = f"failed at {self._task(result)}: {_message(result)}"

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Note since when a host is unreachable."""
        self._wrong[_host(result)] = f"unreachable since {self._task(result)}: {_message(result)}"

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Print a line for each host, if one of them did not succeed."""
        hosts = sorted(stats.processed)
        if not any(stats.failures.get(host) or stats.dark.get(host) for host in hosts):
            return
        self._display.display("\nWHERE EACH HOST STANDS")
        for host in hosts:
            bad = stats.failures.get(host) or stats.dark.get(host)
            stands = self._wrong.get(host, "stopped") if bad else "succeeded so far"
            last = self._last.get(host, "none")
            self._display.display(f"{host}: {stands}. Last task that succeeded: {last}")

    def _task(self, result: Any) -> str:
        return f"'{self._play} / {result.task.get_name()}'"


def _host(result: Any) -> str:
    return str(result.host.get_name())


def _message(result: Any) -> str:
    return " ".join(str(result.result.get("msg", "no message")).split())[:LONGEST]
