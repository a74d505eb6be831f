"""Run the checks of a worker's start in a separate process, up to the first connection to a broker.

    python -m celery_platform.worker.check_process RESULT < REQUEST

The request is JSON: the `pools` to check, whether to check `beat` too, and `not_required`, the modules of this
virtualenv that hosts will not have. The result is written to the file RESULT as JSON, because an application may print
anything while it is imported.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from celery_platform.errors import AppError
from celery_platform.settings import read, use
from celery_platform.settings.chosen import chosen_file
from celery_platform.settings.placeholders import without_account
from celery_platform.worker.check_imports import hide_modules, refuse_network
from celery_platform.worker.placeholder_errors import why_unsure


def main(result: str) -> None:
    """Run the checks and write the result: the tasks and scheduled entries, or an error.

    `unsure` of an error is the reason, in words, why the error may be caused by the check itself.
    """
    request = json.load(sys.stdin)
    try:
        found = _checked(request)
    except AppError as error:
        found = {
            "expected": error.expected, "found": error.found, "remedy": error.remedy,
            "unsure": why_unsure(error, _secret_variables(request)),
        }  # fmt: skip
    Path(result).write_text(json.dumps(found))
    sys.stdout.flush()
    # Threads that the application started at import would keep the process running.
    os._exit(0)


def _checked(request: dict[str, Any]) -> dict[str, Any]:
    from celery_platform.attachment.async_tasks import refuse_async_tasks
    from celery_platform.attachment.schedule import refuse_unknown_tasks
    from celery_platform.worker.result_backend import refuse_an_unsafe_backend
    from celery_platform.worker.start_checks import checked_beat, checked_worker

    environment = read(chosen_file())
    use(without_account(environment))
    hide_modules(request["not_required"])
    refuse_network()
    tasks: list[str] = []
    scheduled: list[str] = []
    pools = [environment.pool(name) for name in request["pools"]]
    if pools:
        celery, with_routes = checked_worker(pools[0])
        tasks = [name for name in celery.tasks if not name.startswith("celery.")]
        for pool in pools[1:]:
            refuse_an_unsafe_backend(pool.type, celery.conf)
            refuse_async_tasks(celery, with_routes, pool)
    if request["beat"]:
        celery = checked_beat()
        # Beat itself does not check this, because it may run without the tasks. Here, all processes have one
        # application.
        refuse_unknown_tasks(celery, celery.conf.beat_schedule)
        scheduled = list(celery.conf.beat_schedule)
    return {"tasks": sorted(tasks), "scheduled": sorted(scheduled)}


def _secret_variables(request: dict[str, Any]) -> list[str]:
    from celery_platform.application.variables import secrets_of

    return list(secrets_of(read(chosen_file()), next(iter(request["pools"]), None)))


if __name__ == "__main__":
    main(sys.argv[1])
