"""How much memory a process has resident, as the kernel counts it."""

import os
from pathlib import Path

PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


def resident_mib(process_id: int | None = None) -> float:
    """The resident memory of a process in MiB (proc_pid_statm(5)); of this one without its id.

    Raises:
        OSError: there is no such process.

    Example: `resident_mib(os.getppid())`
    """
    name = "self" if process_id is None else process_id
    return int(Path(f"/proc/{name}/statm").read_text(encoding="ascii").split()[1]) * PAGE_MIB
