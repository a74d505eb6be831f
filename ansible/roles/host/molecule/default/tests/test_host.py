"""The settings that every host has."""

from typing import Any


def test_security_updates_are_installed_every_day_and_reboot_nothing(host: Any) -> None:
    settings = host.check_output("apt-config dump")

    assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in settings
