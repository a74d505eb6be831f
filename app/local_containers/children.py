"""Processes that end with the one that started them."""

import shutil


def ended_with_parent() -> list[str]:
    """What a command is started by, so that it gets SIGTERM when its parent is gone, however that ended (prctl(2)).

    Linux counts the end of the thread that started it as the parent's. Nothing where there is no `setpriv`, as on macOS.

    Example: `subprocess.Popen([*ended_with_parent(), "valkey-server"])`
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
