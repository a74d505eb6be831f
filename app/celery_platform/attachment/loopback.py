"""An application's own result backend on this machine: right on a laptop, and rarely where workers are machines.

`result_backend` and the settings of backends are the application's if it states them, so this is no refusal: a cache
beside each worker may be meant. Forgotten from a laptop it stays silent until somebody waits for a result, so a worker
says it once when it starts.
"""

import logging
import re
from typing import Any

from celery_platform.attachment.hidden import shown
from celery_platform.attachment.ownership import Owner, owner_of, rows
from celery_platform.attachment.settings import NOTHING, set_by_platform, stated
from celery_platform.settings import runtime

_HOST = r"(localhost|127(\.\d+){3}|\[?::1\]?)"
# In a URL, or in one of several; and Celery takes Redis without a host to be on this machine.
_IN_URL = re.compile(rf"(//|@){_HOST}(?=[:/;,?#]|$)|^rediss?://(?=[:/;,?#]|$)", re.IGNORECASE)
_ALONE = re.compile(rf"{_HOST}(:\d+)?", re.IGNORECASE)

logger = logging.getLogger(__name__)


def names_this_machine(value: Any) -> bool:
    """Whether a setting's value is a URL or a host of the loopback interface.

    Example: `names_this_machine("redis://localhost:6379/0")`
    """
    return isinstance(value, str) and bool(_IN_URL.search(value) or _ALONE.fullmatch(value))


def warn_of_this_machine(app: Any) -> None:
    """Log each setting that the application states and that names this machine, unless the platform's result store is
    on it too: then all of the environment is.

    Example: `warn_of_this_machine(celery)`, when a worker starts
    """
    if names_this_machine(runtime().discovery.results_url):
        return
    conf = app.conf
    conf.get("result_backend")  # the first use, at which the platform's are set
    ours = set_by_platform(app)
    theirs = {name: stated(conf, name) for name, _owner, _why in rows() if owner_of(name) is not Owner.PLATFORM}
    for name, value in theirs.items():
        if value is not NOTHING and name not in ours and names_this_machine(value):
            logger.warning(
                "%s of the application is %s, which is another machine for each worker. Take it out for the "
                "platform's result store, or state it only where there is no platform: "
                "`if not celery_platform.is_chosen():`",
                name,
                shown(name, value),
            )
