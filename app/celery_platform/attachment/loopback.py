"""Warn if an application's own result backend is on `localhost`, which is right on a laptop but rarely on hosts.

The application may set `result_backend` and the settings of backends, so this is not refused: a cache on each worker's
machine may be intended. A setting left over from a laptop is noticed only when somebody waits for a result, so a worker
logs a warning when it starts.
"""

import logging
import re
from typing import Any

from celery_platform.attachment.hidden import shown
from celery_platform.attachment.ownership import Owner, owner_of, rows
from celery_platform.attachment.settings import NOTHING, set_by_platform, stated
from celery_platform.settings import runtime

_HOST = r"(localhost|127(\.\d+){3}|\[?::1\]?)"
# In a URL or a list of URLs. Celery treats a Redis URL without a host as one on this machine.
_IN_URL = re.compile(rf"(//|@){_HOST}(?=[:/;,?#]|$)|^rediss?://(?=[:/;,?#]|$)", re.IGNORECASE)
_ALONE = re.compile(rf"{_HOST}(:\d+)?", re.IGNORECASE)

logger = logging.getLogger(__name__)


def names_this_machine(value: Any) -> bool:
    """Whether a setting's value is a URL or host name of the loopback interface.

    Example: `names_this_machine("redis://localhost:6379/0")`
    """
    return isinstance(value, str) and bool(_IN_URL.search(value) or _ALONE.fullmatch(value))


def warn_of_this_machine(app: Any) -> None:
    """Log each setting of the application that names this machine.

    Nothing is logged if the platform's result store is on this machine too, because then the whole environment is.

    Example: `warn_of_this_machine(celery)`, when a worker starts
    """
    if names_this_machine(runtime().discovery.results_url):
        return
    conf = app.conf
    conf.get("result_backend")  # the first use, which applies the platform's settings
    ours = set_by_platform(app)
    theirs = {name: stated(conf, name) for name, _owner, _why in rows() if owner_of(name) is not Owner.PLATFORM}
    for name, value in theirs.items():
        if value is not NOTHING and name not in ours and names_this_machine(value):
            logger.warning(
                "%s of the application is %s, which is a different machine for each worker. Remove it to use the "
                "platform's result store, or set it only without an environment: "
                "`if not celery_platform.is_chosen():`",
                name,
                shown(name, value),
            )
