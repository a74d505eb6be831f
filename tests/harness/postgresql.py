"""A real PostgreSQL on a free loopback port."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .processes import find_program, free_port, running, wait_for_port


@contextmanager
def postgresql() -> Iterator[str]:
    """Yields its SQLAlchemy URL. It is durable, as by default, and allows few connections."""
    server = find_program("postgres", "postgresql")
    # PostgreSQL refuses to run as root, and its user cannot access pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    port, log = free_port(), folder.with_suffix(".log")
    try:
        initdb = find_program("initdb", "postgresql")
        make = [initdb, "-D", str(folder / "data"), "-U", "app", "--auth=trust", "--no-locale", "--encoding=UTF8"]
        subprocess.run([*prefix, *make], check=True, capture_output=True, timeout=120, cwd="/")
        options = ["-D", str(folder / "data"), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
        with running([*prefix, server, *options], log) as process:
            wait_for_port(port, process, log)
            yield f"postgresql+psycopg://app@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        log.unlink(missing_ok=True)
