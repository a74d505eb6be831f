"""Patch the standard library for a gevent pool, before anything uses it."""

import os
import sys

VARIABLE = "CELERY_GEVENT_PATCHED"


def ensure_patched() -> None:
    """Restart this process with everything patched, unless it already is.

    The pool's type is only known after the settings were read, and by then modules are loaded that must be patched
    first.
    """
    if os.environ.get(VARIABLE) == str(os.getpid()):
        return
    # The variable holds the process id, which exec keeps. Children inherit the variable but have other ids.
    os.environ[VARIABLE] = str(os.getpid())
    os.execv(sys.executable, [sys.executable, "-m", "gevent.monkey", "--module", "celery_platform", *sys.argv[1:]])  # noqa: S606
