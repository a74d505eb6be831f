#!/usr/bin/python
"""Gather which package upgrades a Debian host lacks, and whether it has to be rebooted, in one round trip."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: host_patches
short_description: Gather pending package upgrades and reasons for a reboot
description:
  - Packages on hold are not among the upgrades, and no package would be removed.
  - Reads the package lists that are on the host; changes nothing, and works the same in check mode.
"""

RETURN = """
upgrades:
  description: "Pending upgrades as C(package old -> new); a new package, such as another kernel, has no old version."
  type: list
  returned: always
reboot:
  description: Reasons for a reboot; empty if none is needed.
  type: list
  returned: always
replaced:
  description: Units that still run with a library that an upgrade has replaced, and that can be restarted.
  type: list
  returned: always
"""

# A line of `apt-get --simulate`: the old version is in brackets, the new one is the first word in parentheses.
LINE = re.compile(r"^Inst (?P<name>\S+)(?: \[(?P<old>[^\]]+)\])? \((?P<new>\S+)")
REPLACED = re.compile(r"\s(?P<file>/\S+\.so[.\d]*) \(deleted\)$", re.MULTILINE)
UNIT = re.compile(r"/(?P<unit>[^/\n]+\.service)(?=/|$)", re.MULTILINE)
# A restart of these would cut off the machine's services or this connection; their libraries wait for the next reboot.
KEPT = re.compile(r"(dbus|dbus-broker|systemd-logind|amazon-ssm-agent|ssh|user@\d+)\.service")
LIBC = re.compile(r"/(libc|ld-linux[^/]*)\.so")


def upgrades(simulated: str) -> list[str]:
    """The pending upgrades in the output of `apt-get --simulate upgrade`.

    Example: `upgrades("Inst libc6 [2.41-12] (2.41-13 Debian:13 [amd64])") == ["libc6 2.41-12 -> 2.41-13"]`
    """
    found = (LINE.match(line) for line in simulated.splitlines())
    return [" ".join(filter(None, (line["name"], line["old"], "->", line["new"]))) for line in found if line]


def newest_kernel(names: Iterable[str]) -> str | None:
    """The newest release among the files of /boot, such as `6.12.43+deb13-cloud-amd64`; None without a kernel."""
    releases = [name.removeprefix("vmlinuz-") for name in names if name.startswith("vmlinuz-")]
    return max(releases, key=_version, default=None)


def _version(release: str) -> list[tuple[bool, int, str]]:
    parts = re.findall(r"\d+|[a-z]+", release)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def reboot(requested: str, newest: str | None, running: str, maps_of_init: str) -> list[str]:
    """The reasons for a reboot.

    Args:
        requested: text of /run/reboot-required, in which packages ask for a reboot; empty without that file.
        newest: the newest installed kernel.
        running: the running kernel.
        maps_of_init: /proc/1/maps, whose deleted files upgrades have replaced.
    """
    reasons = [requested.strip()] if requested.strip() else []
    if newest is not None and newest != running:
        reasons.append(f"kernel {newest} is installed, {running} runs")
    if any(LIBC.search(match["file"]) for match in REPLACED.finditer(maps_of_init)):
        reasons.append("the C library was replaced")
    return reasons


def _maps(process: str) -> str:
    """The files that a process has mapped; empty if it has ended, or is a thread of the kernel."""
    return _text(f"/proc/{process}/maps")


def unit_of(cgroup: str) -> str | None:
    """The unit of a process, from its /proc/PID/cgroup; None if it has none that can be restarted.

    Example: `unit_of("0::/system.slice/cron.service") == "cron.service"`
    """
    units = [match["unit"] for match in UNIT.finditer(cgroup)]
    return units[-1] if units and not KEPT.fullmatch(units[-1]) else None


def _replaced() -> list[str]:
    processes = (entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit())
    units = {unit_of(_text(f"/proc/{process}/cgroup")) for process in processes if REPLACED.search(_maps(process))}
    return sorted(unit for unit in units if unit)


def _text(file: str) -> str:
    try:
        return Path(file).read_text()
    except OSError:
        return ""


def gather() -> dict[str, Any]:
    """All facts, see RETURN."""
    simulated = subprocess.run(
        ["apt-get", "--simulate", "--with-new-pkgs", "upgrade"],
        capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C.UTF-8"},
    ).stdout  # fmt: skip
    in_container = subprocess.run(["systemd-detect-virt", "--container", "--quiet"], check=False).returncode == 0
    newest = None if in_container else newest_kernel(file.name for file in Path("/boot").iterdir())
    return {
        "upgrades": upgrades(simulated),
        "reboot": reboot(_text("/run/reboot-required"), newest, os.uname().release, _maps("1")),
        "replaced": _replaced(),
    }


def main() -> None:
    """Ansible's entry point."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        module.exit_json(changed=False, **gather())
    except subprocess.CalledProcessError as error:
        module.fail_json(msg=f"Expected `apt-get --simulate upgrade` to succeed, found: {error.stderr.strip()}")


if __name__ == "__main__":
    main()
