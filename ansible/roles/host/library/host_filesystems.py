#!/usr/bin/python
"""Grow mounted filesystems to the size of their volumes, while they are in use."""

import re
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: host_filesystems
short_description: Grow mounted filesystems to the size of their volumes
description:
  - Grows ext4 and XFS filesystems whose device is larger than they are. Partitions stay as they are, and cloud-init
    grows that of the root filesystem at every boot.
  - Nothing is unmounted. A filesystem is never made smaller. In check mode, says what would grow.
"""

RETURN = """
grown:
  description: What was grown, as C(mount point from N to M MiB).
  type: list
  returned: always
"""

SYSFS = Path("/sys/class/block")
MIB = 1024 * 1024
# At its end, a device may have less space than a block group of ext4 needs, 128 MiB.
UNUSED_BYTES = 128 * MIB
BLOCKS = {
    "ext4": (["dumpe2fs", "-h", "{device}"], r"^Block count:\s+(?P<count>\d+)$", r"^Block size:\s+(?P<size>\d+)$"),
    "xfs": (["xfs_info", "{mount}"], r"^data\s+=.*\sblocks=(?P<count>\d+)", r"^data\s+=\s+bsize=(?P<size>\d+)"),
}
GROW = {"ext4": ["resize2fs", "{device}"], "xfs": ["xfs_growfs", "{mount}"]}


@dataclass(frozen=True)
class Filesystem:
    """A mounted filesystem on a block device of this machine."""

    device: Path
    mount: str
    kind: str

    def command(self, words: list[str]) -> list[str]:
        """A command line for this filesystem."""
        return [word.format(device=self.device, mount=self.mount) for word in words]

    def bytes(self) -> int:
        """The size of the filesystem."""
        words, count, size = BLOCKS[self.kind]
        printed = _run(self.command(words))
        return _number(count, printed) * _number(size, printed)


def mounted(mounts: str) -> Iterator[Filesystem]:
    """The filesystems that can grow, from the text of /proc/self/mounts, once for each device.

    In a container, mounts name devices of its machine, which it does not have.
    """
    known = set()
    for line in mounts.splitlines():
        source, mount, kind = line.split()[:3]
        device = Path(source)
        if kind in GROW and device.exists() and stat.S_ISBLK(device.stat().st_mode) and device.resolve() not in known:
            known.add(device.resolve())
            yield Filesystem(device.resolve(), mount, kind)


def device_bytes(device: Path) -> int:
    """The size of a device or partition."""
    return int((SYSFS / device.name / "size").read_text()) * 512


def grow(filesystem: Filesystem, dry_run: bool) -> str | None:
    """Grow a filesystem; returns what was grown, or None if it already fills its device."""
    before, available = filesystem.bytes(), device_bytes(filesystem.device)
    if available - before < UNUSED_BYTES:
        return None
    if not dry_run:
        _run(filesystem.command(GROW[filesystem.kind]))
    return f"{filesystem.mount} from {before // MIB} to {available // MIB} MiB"


def _run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"expected {pattern} in the output, found {text[:200]!r}")
    return int(found[1])


def main() -> None:
    """Ansible's entry point."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        filesystems = list(mounted(Path("/proc/self/mounts").read_text()))
        found: list[Any] = [grow(filesystem, module.check_mode) for filesystem in filesystems]
    except (subprocess.CalledProcessError, OSError, ValueError) as error:
        module.fail_json(msg=f"Expected to grow the filesystems, found: {error} {getattr(error, 'stderr', '')}".strip())
    grown = [line for line in found if line]
    module.exit_json(changed=bool(grown), grown=grown)


if __name__ == "__main__":
    main()
