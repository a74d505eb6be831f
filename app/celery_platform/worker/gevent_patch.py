"""A gevent pool needs the standard library patched before anything uses it; later is too late."""

import os
import sys

VARIABLE = "CELERY_GEVENT_PATCHED"


def ensure_patched() -> None:
    """Start this process anew with everything patched, unless it is.

    The pool's type is known only after settings were read, with modules that are loaded by then.
    """
    if os.environ.get(VARIABLE) == str(os.getpid()):
        return
    # The process keeps its number, so that its children, which inherit the variable, do not take it for theirs.
    os.environ[VARIABLE] = str(os.getpid())
    os.execv(sys.executable, [sys.executable, "-m", "gevent.monkey", "--module", "celery_platform", *sys.argv[1:]])  # noqa: S606
