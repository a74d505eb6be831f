"""The project's podman settings, from what this machine allows. The system's own settings are not touched."""

import resource
from pathlib import Path

# Debian gives services 524288 open files; RabbitMQ and Celery are content with a tenth. More than the hard limit of
# this process cannot be asked for: without CAP_SYS_RESOURCE the container would not start.
OPEN_FILES = 65536
PROCESSES = 32768


def at_most(wanted: int, hard: int) -> int:
    """The limit to ask for: what we want, or the hard limit of this process when that is lower.

    Example: `at_most(65536, 20000)` -> 20000; `at_most(65536, resource.RLIM_INFINITY)` -> 65536
    """
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def containers_conf(open_files: int, processes: int, unified_cgroups: bool) -> str:
    """The text of a containers.conf: limits, the runtime, and no names of this machine in the containers' /etc/hosts.

    `crun`, podman's default, refuses hybrid cgroups ("cgroups in hybrid mode not supported"); `runc` accepts them.
    """
    lines = [
        "# Written by `python -m emulated_region start`; a change here is lost at the next start.",
        "[containers]",
        f'default_ulimits = ["nofile={open_files}:{open_files}", "nproc={processes}:{processes}"]',
        'base_hosts_file = "none"',
    ]
    if not unified_cgroups:
        lines += ["[engine]", 'runtime = "runc"']
    return "\n".join(lines) + "\n"


def write_containers_conf(file: Path) -> None:
    """Write the settings for this machine and this process."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        containers_conf(
            at_most(OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
            at_most(PROCESSES, resource.getrlimit(resource.RLIMIT_NPROC)[1]),
            has_unified_cgroups(),
        )
    )


def has_unified_cgroups() -> bool:
    """Whether this machine has cgroups v2 alone."""
    return Path("/sys/fs/cgroup/cgroup.controllers").exists()
