"""Celery's settings, all derived from the environment. `app.celery` reads them at first use."""

import ssl
from typing import Any

from celery.schedules import crontab

from app.brokers import broker_of
from app.brokers.interface import PUBLISH_BUDGET_SECONDS
from app.errors import SettingsError
from app.refusals.size import LIMIT
from app.routes import QUEUE_OF_TASK, queue_of
from app.settings import Resolved, Runtime, runtime

TASK_MODULES = ("thumbnails", "payments", "metrics", "email", "report")
# A beat that died blocks the next for the lock's life; redbeat's default is 25 minutes. At least three loops long.
BEAT_LOOP_SECONDS = 5
BEAT_LOCK_SECONDS = 30


def configuration() -> dict[str, Any]:
    """The settings of this process's environment.

    Raises:
        SettingsError: the environment cannot be read, or lacks the queue of a task.
        BrokerError: the broker lacks what the environment describes.
    """
    return configuration_of(runtime())


def configuration_of(runtime: Runtime) -> dict[str, Any]:
    """The settings for a given environment."""
    return _tasks(runtime.environment) | _broker(runtime) | _results(runtime) | _worker() | _schedule(runtime)


def _tasks(environment: Resolved) -> dict[str, Any]:
    queues = {task: queue_of(environment, task) for task in QUEUE_OF_TASK}
    return {
        "include": [f"app.tasks.{module}" for module in TASK_MODULES],
        "task_routes": {task: {"queue": queue.name} for task, queue in queues.items()},
        # Kept by prefork pools. Threads cannot be interrupted: what their tasks call has time-outs of its own.
        "task_annotations": {
            task: {"soft_time_limit": queue.soft_time_limit, "time_limit": queue.hard_time_limit}
            for task, queue in queues.items()
        },
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        # A lost child is not a failed task: the broker delivers again, and its delivery limit ends a poison message.
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_create_missing_queues": False,
        "timezone": "UTC",
    }


def _broker(runtime: Runtime) -> dict[str, Any]:
    broker = broker_of(runtime)
    queues = [broker.queue(queue) for queue in runtime.environment.queues.values()]
    return broker.settings() | {
        "broker_url": broker.url(),
        "broker_transport_options": broker.transport_options() | {LIMIT: broker.max_message_bytes},
        "broker_connection_retry_on_startup": True,
        "broker_pool_acquire_timeout": PUBLISH_BUDGET_SECONDS,
        "task_publish_retry_policy": {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
        # A task whose acknowledgement died with the connection will be delivered again: do not also run it to its end.
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "task_queues": queues,
        "task_default_queue": queues[0].name,
        "worker_enable_remote_control": broker.remote_control,
    }


def _results(runtime: Runtime) -> dict[str, Any]:
    return {
        "result_backend": runtime.results_url,
        **_results_tls(runtime),
        "result_expires": runtime.environment.result_expires_seconds,
        "result_extended": True,
        # One connection pool for all threads of a worker instead of a backend for each thread.
        "result_backend_thread_safe": True,
        "result_backend_transport_options": {"global_keyprefix": f"{runtime.environment.prefix}:"},
        "redis_socket_connect_timeout": 5,
        "redis_socket_timeout": 10,
        "redis_socket_keepalive": True,
        "redis_backend_health_check_interval": 10,
        "redis_retry_on_timeout": True,
    }


def _results_tls(runtime: Runtime) -> dict[str, Any]:
    """Celery refuses a `rediss://` URL that does not say whether the certificate is checked."""
    if not runtime.results_url.startswith("rediss://"):
        return {}
    return {"redis_backend_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED}}


def _worker() -> dict[str, Any]:
    return {
        # Nobody listens to events: counts go to Valkey, which every broker's environment has.
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
    }


def _schedule(runtime: Runtime) -> dict[str, Any]:
    environment = runtime.environment
    entries = {}
    for name, entry in environment.schedule.items():
        queue = queue_of(environment, entry["task"])
        if entry["queue"] != queue.label:
            raise SettingsError(
                expected=f"schedule.{name}.queue to be {queue.label}, where task {entry['task']} goes",
                found=entry["queue"],
                remedy="Change the environment file or app/routes.py.",
            )
        minute, hour, day, month, weekday = entry["cron"].split()
        entries[name] = {
            "task": entry["task"],
            "schedule": crontab(minute=minute, hour=hour, day_of_month=day, month_of_year=month, day_of_week=weekday),
        }
    return {
        "beat_schedule": entries,
        "beat_scheduler": "app.worker.beat:Scheduler",
        "beat_max_loop_interval": BEAT_LOOP_SECONDS,
        "redbeat_redis_url": runtime.results_url,
        # Stated, because redbeat would otherwise take the broker's.
        "redbeat_redis_use_ssl": _results_tls(runtime).get("redis_backend_use_ssl", False),
        "redbeat_redis_options": {},
        "redbeat_key_prefix": f"{environment.prefix}:redbeat:",
        "redbeat_lock_timeout": BEAT_LOCK_SECONDS,
    }
