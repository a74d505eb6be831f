"""The checks before a worker or beat starts: the application can be imported and does not contradict its environment.

They use neither a broker nor a store, so `check_process` can run the same checks without them.
"""

from celery import Celery

from celery_platform.application import application, import_tasks
from celery_platform.attachment.async_tasks import refuse_async_tasks
from celery_platform.attachment.limits import apply_limits, refuse_wrong_routes
from celery_platform.attachment.schedule import add_schedule_of_file
from celery_platform.attachment.settings import refuse_later_changes
from celery_platform.routes import with_own_routes
from celery_platform.settings import PoolSettings, Resolved, runtime
from celery_platform.worker.result_backend import refuse_an_unsafe_backend


def checked_worker(pool: PoolSettings) -> tuple[Celery, Resolved]:
    """The application for a worker of `pool`, with its tasks and their limits, and the environment with its own routes.

    Raises:
        ApplicationError: it cannot be imported, or a task has no queue, two queues, or too long a limit, or is
            `async def` in a pool that does not await it.
        SettingsError: its settings contradict the platform's, or a secret cannot be read.

    Example: `celery, environment = checked_worker(runtime().environment.pool("io"))`
    """
    celery = application(pool.name)
    import_tasks(celery)
    refuse_later_changes(celery)
    refuse_wrong_routes(celery, runtime().environment)
    environment = with_own_routes(celery, runtime().environment)
    refuse_async_tasks(celery, environment, pool)
    apply_limits(celery, environment)
    refuse_an_unsafe_backend(pool.type, celery.conf)
    return celery, environment


def checked_beat() -> Celery:
    """The application for beat, with the complete schedule.

    Raises:
        ApplicationError: it cannot be imported.
        SettingsError: an entry is defined twice or has no queue.

    Example: `checked_beat().conf.beat_schedule`
    """
    celery = application()
    import_tasks(celery)
    add_schedule_of_file(celery)
    return celery
