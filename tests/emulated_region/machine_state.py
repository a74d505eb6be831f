"""What the tests' region has on this machine: containers, networks, interfaces and firewall rules."""

import subprocess


def podman(*words: str) -> str:
    done = subprocess.run(["podman", *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def traces() -> list[str]:
    """All containers, networks, interfaces and firewall rules of the tests' region."""
    containers = podman("ps", "--all", "--format", "{{.Names}}").splitlines()
    networks = podman("network", "ls", "--format", "{{.Name}}").splitlines()
    named = [name for name in containers + networks if name.startswith("celery-trial")]
    listings = [["ip", "-4", "-oneline", "address"], ["iptables", "-t", "nat", "-S"], ["iptables", "-S"]]
    printed = [subprocess.run(words, capture_output=True, text=True, check=True).stdout for words in listings]
    return named + [line for listing in printed for line in listing.splitlines() if "10.93." in line]


def identities() -> dict[str, str]:
    rows = podman("ps", "--format", "{{.Names}} {{.ID}}").splitlines()
    return dict(row.split() for row in rows if row.startswith("celery-trial"))
