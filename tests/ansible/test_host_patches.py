"""What the module of the role host says of a Debian host: pending upgrades, reasons for a reboot, units to restart."""

from types import ModuleType

import pytest

from tests.ansible.loaded import loaded
from tests.ansible.roles import ANSIBLE

MODULE = ANSIBLE / "roles" / "host" / "library" / "host_patches.py"
LIBC = "7f0-7f1 r-xp 0 103:01 123  /usr/lib/x86_64-linux-gnu/libc.so.6 (deleted)\n"
CRYPTO = "7f0-7f1 r-xp 0 103:01 123  /usr/lib/x86_64-linux-gnu/libcrypto.so.3 (deleted)\n"


@pytest.fixture(scope="module")
def patches() -> ModuleType:
    return loaded(MODULE)


def test_upgrades_are_those_that_apt_would_install(patches: ModuleType) -> None:
    simulated = """The following packages have been kept back:
  erlang-base rabbitmq-server
Inst libssl3t64 [3.5.1-1] (3.5.4-1 Debian:13.2/stable [amd64])
Inst linux-image-6.12.57+deb13-cloud-amd64 (6.12.57-1 Debian:13.2/stable [amd64])
Conf libssl3t64 (3.5.4-1 Debian:13.2/stable [amd64])
"""

    assert patches.upgrades(simulated) == [
        "libssl3t64 3.5.1-1 -> 3.5.4-1",
        "linux-image-6.12.57+deb13-cloud-amd64 -> 6.12.57-1",
    ]


def test_the_newest_kernel_is_found_by_its_numbers(patches: ModuleType) -> None:
    files = ["vmlinuz-6.12.9+deb13-cloud-amd64", "vmlinuz-6.12.57+deb13-cloud-amd64", "config-6.12.99", "grub"]

    assert patches.newest_kernel(files) == "6.12.57+deb13-cloud-amd64"


@pytest.mark.parametrize(
    ("requested", "newest", "maps", "reasons"),
    [
        ("", "6.12.9", "", []),
        ("", None, CRYPTO, []),
        ("*** System restart required ***\n", "6.12.9", "", ["*** System restart required ***"]),
        ("", "6.12.57", "", ["kernel 6.12.57 is installed, 6.12.9 runs"]),
        ("", "6.12.9", LIBC, ["the C library was replaced"]),
    ],
    ids=["nothing", "another library", "a package asks for it", "kernel", "C library"],
)
def test_a_host_is_rebooted_only_for_a_reason(
    patches: ModuleType, requested: str, newest: str | None, maps: str, reasons: list[str]
) -> None:
    assert patches.reboot(requested, newest, "6.12.9", maps) == reasons


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/cron.service\n", "cron.service"),
        ("1:name=systemd:/machine.slice/libpod-1.scope/system.slice/cron.service\n", "cron.service"),
        ("0::/system.slice/system-celery\\x2dworker.slice/celery-worker@io-1.service\n", "celery-worker@io-1.service"),
        ("0::/user.slice/user-0.slice/user@0.service/app.slice\n", None),
        ("0::/system.slice/dbus.service\n", None),
        ("0::/init.scope\n", None),
    ],
)
def test_a_unit_is_restarted_unless_that_would_cut_the_host_off(
    patches: ModuleType, cgroup: str, unit: str | None
) -> None:
    assert patches.unit_of(cgroup) == unit
