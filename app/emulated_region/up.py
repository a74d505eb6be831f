"""`make up`: bring up the whole environment with a line for each step. The output of tools goes to a log, and with
VERBOSE=1 also to the terminal.
"""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from celery_platform.console.opening import runs_on_the_gate, signed_in_address
from celery_platform.environment.files import resolved_file
from celery_platform.settings.tunnelled import local_url
from celery_platform.tunnel.targets import CONSOLE

from emulated_region.ansible_failures import failures
from emulated_region.answers import http, wait
from emulated_region.application_secrets import RANDOM
from emulated_region.plan import CHECKOUT, Region
from emulated_region.progress import console
from emulated_region.status import show

VERBOSE = "VERBOSE"
EXCERPT_LINES = 25
ANSIBLE = "ansible"
READ_BYTES = 65_536
# From the start of its unit until it answers, on a busy machine.
CONSOLE_SECONDS = 60


@dataclass(frozen=True)
class Step:
    """A command of `make up`. The last line of its output that matches `says` is shown beside the step; with `says_each`
    all of them are.
    """

    name: str
    command: tuple[str, ...]
    folder: str = "."
    says: str = r"(?!)"
    says_each: bool = False


def steps(environment: str) -> tuple[Step, ...]:
    """The commands that bring an environment up, in order. Each can also be run separately."""
    region, terraform = (sys.executable, "-m", "emulated_region"), (sys.executable, "terraform/run.py")
    check = (sys.executable, "-m", "celery_platform", "application", "check", environment)
    return (
        Step("the application, without secrets and network", check, says=r"^warning: .*|^\d+ tasks.*", says_each=True),
        Step("emulated AWS account, stores, services", (*region, "start")),
        Step("Terraform: plan", (*terraform, "plan", environment), says=r"Plan: .*|No changes\."),
        Step("Terraform: apply", (*terraform, "apply", environment, "--yes"), says=r"Apply complete! .*|No changes\."),
        Step("hosts", (*region, "hosts"), says=f"^{RANDOM}.*"),
        Step("Ansible: site.yml", ("ansible-playbook", "site.yml"), folder=ANSIBLE, says=r"^\S+ +: ok=.*", says_each=True),
        Step("pods of the chart", (*region, "pods")),
        Step("ports of the monitoring host", (*region, "forward"), says=r"^console .*"),
    )


def up(region: Region) -> int:
    """Bring the environment up; returns the exit code of the first step that fails, or 0."""
    log = region.state / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with log.open("wb") as sink:
        wanted = steps(region.environment)
        for number, step in enumerate(wanted, 1):
            code = _run(step, region.environment, f"{number}/{len(wanted)}", sink, log)
            if code:
                return code
    console.print(f"up in {time.monotonic() - began:.0f} s; output of the tools: {_short(log)}\n")
    show(region)
    _show_console(json.loads(resolved_file(region.environment).read_text()))
    console.print(f"next: {' | '.join(next_commands(region))}", markup=False)
    return 0


def _show_console(resolved: dict[str, Any]) -> None:
    """An address that a click opens, if the environment runs a console."""
    if not runs_on_the_gate(resolved):
        return
    if local := local_url(resolved["name"], CONSOLE):
        host = next(iter(resolved["monitoring_hosts"]))
        why = f"see why: `podman exec {host} journalctl -u celery-console`, and run `make up` again"
        wait("the console", lambda: http(f"{local}/health"), CONSOLE_SECONDS, lambda: "no answer", remedy=why)
    address = signed_in_address(resolved)
    console.print(f"the console, once and within two minutes: {address}", markup=False, soft_wrap=True)
    console.print("`make console` lets another browser in\n")


def next_commands(region: Region) -> list[str]:
    """Commands for an environment that is up. The demo belongs to the example."""
    application = json.loads(resolved_file(region.environment).read_text())["application"]
    demo = ["make demo"] if application["celery"].startswith("shop.") else []
    return [*demo, f"app send --env {region.environment} TASK '[ARGUMENT]'", "make status", "make console", "make down"]


def _run(step: Step, environment: str, number: str, sink: IO[bytes], log: Path) -> int:
    sink.write(f"\n===== {step.name}: {' '.join(step.command)}\n".encode())
    sink.flush()
    began, start = time.monotonic(), sink.tell()
    if os.environ.get(VERBOSE):
        console.print(f"[bold]{number} {step.name}[/bold]")
        return _execute(step, environment, sink, sys.stdout.buffer)
    with console.status(f"{number} {step.name} ..."):
        code = _execute(step, environment, sink)
    printed = log.read_bytes()[start:].decode(errors="replace")
    if code:
        failed = failures(printed) if step.folder == ANSIBLE else []
        shown = f"failures in {_short(log)}" if failed else f"the end of {_short(log)}"
        console.print(f"[red]{number} {step.name}: exit {code}[/red]; {shown}:")
        console.print("\n".join(failed or printed.splitlines()[-EXCERPT_LINES:]), markup=False)
        return code
    console.print(f"{number} {step.name} [dim]{time.monotonic() - began:.0f} s[/dim]{_found(step, printed)}")
    return 0


def _execute(step: Step, environment: str, *sinks: IO[bytes]) -> int:
    """Run the command for this environment, whatever ENV is. Its output is written to all of `sinks` immediately."""
    with subprocess.Popen(
        step.command,
        cwd=CHECKOUT / step.folder,
        env=os.environ | {"ENV": environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    ) as process:
        try:
            while printed := process.stdout.read(READ_BYTES) if process.stdout else b"":
                for sink in sinks:
                    sink.write(printed)
                    sink.flush()
        except BaseException:
            process.kill()
            raise
    return process.returncode


def _found(step: Step, printed: str) -> str:
    """The lines to show beside the step."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in printed.splitlines()]
    found = [line for line in lines if re.search(step.says, line)]
    if len(found) > 1 and step.says_each:
        return "".join(f"\n      {re.sub(r' +', ' ', line)}" for line in found)
    return f"  {found[-1]}" if found else ""


def _short(log: Path) -> str:
    return str(log.relative_to(CHECKOUT)) if log.is_relative_to(CHECKOUT) else str(log)
