"""Who works on this machine, for those who read later who did something."""

import getpass
import os


def local_user() -> str:
    """The name of the user who runs this process; its number where it has no name, as in the image's pods.

    Example: `Pause(time.time(), by=local_user())`
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # until Python 3.12, and from 3.13 on
        return str(os.getuid())
