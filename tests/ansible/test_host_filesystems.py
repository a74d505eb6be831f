"""A mounted filesystem grows with its volume: real filesystems on loop devices, which need root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.ansible.loaded import loaded
from tests.ansible.roles import ANSIBLE

MODULE = ANSIBLE / "roles" / "host" / "library" / "host_filesystems.py"
MIB = 1024 * 1024
# The kernel lets nobody without CAP_SYS_RESOURCE grow a mounted ext4, as some sandboxes are; XFS asks for less.
CAPABILITIES = int(Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0], 16)
MAY_GROW = {"ext4": bool(CAPABILITIES & 1 << 24), "xfs": True}

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/dev/loop-control").exists(), reason="needs root and loop devices"
)


@pytest.fixture(scope="module")
def filesystems() -> ModuleType:
    return loaded(MODULE)


class Volume:
    """A volume with a mounted filesystem."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.image, self.mount, self.kind = folder / "image", folder / "mount", kind
        self.mount.mkdir()
        self.image.touch()
        os.truncate(self.image, 400 * MIB)
        self._run(f"mkfs.{kind}", "-q", str(self.image))
        self.device = self._run("losetup", "--find", "--show", str(self.image)).strip()
        self._run("mount", self.device, str(self.mount))

    def enlarge(self, mib: int) -> None:
        """Make the volume larger, as an apply does."""
        os.truncate(self.image, mib * MIB)
        self._run("losetup", "--set-capacity", self.device)

    def mib(self) -> int:
        """The size of the filesystem."""
        found = os.statvfs(self.mount)
        return found.f_blocks * found.f_frsize // MIB

    def remove(self) -> None:
        self._run("umount", str(self.mount))
        self._run("losetup", "--detach", self.device)

    def _run(self, *command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["ext4", "xfs"])
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Volume]:
    if shutil.which(f"mkfs.{request.param}") is None:
        pytest.skip(f"needs mkfs.{request.param}")
    found = Volume(tmp_path, request.param)
    yield found
    found.remove()


@pytest.fixture
def growing(volume: Volume) -> Volume:
    if not MAY_GROW[volume.kind]:
        pytest.skip(f"needs the right to grow a mounted {volume.kind}")
    return volume


def grown(filesystems: ModuleType, volume: Volume, *, dry_run: bool = False) -> list[str]:
    """What is grown of the volume."""
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if line.startswith(volume.device)]
    lines = [filesystems.grow(found, dry_run) for found in filesystems.mounted("\n".join(mounts))]
    return [line for line in lines if line]


def test_a_filesystem_grows_with_its_volume_and_keeps_what_it_has(filesystems: ModuleType, growing: Volume) -> None:
    (growing.mount / "message").write_text("kept")
    growing.enlarge(900)

    lines = grown(filesystems, growing)

    assert lines == [f"{growing.mount} from 400 to 900 MiB"]
    assert growing.mib() > 750
    assert (growing.mount / "message").read_text() == "kept"


def test_a_filesystem_that_fills_its_volume_is_left_alone(filesystems: ModuleType, growing: Volume) -> None:
    growing.enlarge(900)
    grown(filesystems, growing)

    assert grown(filesystems, growing) == []


def test_check_mode_grows_nothing(filesystems: ModuleType, volume: Volume) -> None:
    before = volume.mib()
    volume.enlarge(900)

    assert grown(filesystems, volume, dry_run=True) == [f"{volume.mount} from 400 to 900 MiB"]
    assert volume.mib() == before


def test_devices_that_this_machine_does_not_have_are_left_alone(filesystems: ModuleType) -> None:
    mounts = "/dev/nvme9n1 /var/cache/apt ext4 rw 0 0\noverlay / overlay rw 0 0\n/dev/null /x ext4 rw 0 0\n"

    assert list(filesystems.mounted(mounts)) == []
