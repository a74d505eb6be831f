"""The platform's Celery settings, derived from the environment. An attached application reads them at first use."""

import ssl
from typing import Any

from celery_platform.brokers import broker_of
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS, PUBLISH_RETRY
from celery_platform.refusals.size import LIMIT
from celery_platform.routes import default_queue
from celery_platform.settings import Resolved, Runtime, runtime

# After a beat has died, its lock blocks the next one until it expires; redbeat's default is 25 minutes. The lock must
# last for at least three loops.
BEAT_LOOP_SECONDS = 5
BEAT_LOCK_SECONDS = 30


def configuration() -> dict[str, Any]:
    """The platform's settings for this process's environment.

    Raises:
        SettingsError: the environment cannot be read.
        BrokerError: the broker lacks what the environment describes.
    """
    return configuration_of(runtime())


def configuration_of(runtime: Runtime) -> dict[str, Any]:
    """The settings for a given environment."""
    return _tasks(runtime.environment) | _broker(runtime) | _results(runtime) | _worker() | _schedule(runtime)


def _tasks(environment: Resolved) -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": list(environment.application["accept_content"]),
        "task_acks_late": True,
        # A lost child is not a failed task: the broker delivers the message again, up to its delivery limit.
        "task_reject_on_worker_lost": True,
        "task_create_missing_queues": False,
    }


def _broker(runtime: Runtime) -> dict[str, Any]:
    broker = broker_of(runtime)
    queues = [broker.queue(queue) for queue in runtime.environment.queues.values()]
    return broker.settings() | {
        "broker_url": broker.url(),
        "broker_transport_options": broker.transport_options() | {LIMIT: broker.max_message_bytes},
        "broker_connection_retry_on_startup": True,
        "broker_pool_acquire_timeout": PUBLISH_BUDGET_SECONDS,
        "task_publish_retry_policy": dict(PUBLISH_RETRY),
        # After a connection loss, unacknowledged messages are delivered again, so their tasks should not also finish
        # here.
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "task_queues": queues,
        "task_default_queue": default_queue(runtime.environment).name,
        "worker_enable_remote_control": broker.remote_control,
    }


def _results(runtime: Runtime) -> dict[str, Any]:
    return {
        "result_backend": runtime.results_url,
        **_results_tls(runtime),
        "result_expires": runtime.environment.result_expires_seconds,
        "result_extended": True,
        # Use one connection pool for all threads of a worker instead of one backend per thread.
        "result_backend_thread_safe": True,
        "result_backend_transport_options": {"global_keyprefix": f"{runtime.environment.prefix}:"},
        "redis_socket_connect_timeout": 5,
        "redis_socket_timeout": 10,
        "redis_socket_keepalive": True,
        "redis_backend_health_check_interval": 10,
        "redis_retry_on_timeout": True,
    }


def _results_tls(runtime: Runtime) -> dict[str, Any]:
    """Celery requires an explicit setting for checking certificates if the URL is `rediss://`."""
    if not runtime.results_url.startswith("rediss://"):
        return {}
    return {"redis_backend_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED}}


def _worker() -> dict[str, Any]:
    return {
        # Nothing consumes events. Counts are kept in Valkey, which every environment has, whatever its broker.
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
    }


def _schedule(runtime: Runtime) -> dict[str, Any]:
    """Settings of beat. The application sets the entries; beat adds those of the file (`attachment.schedule`)."""
    return {
        "beat_scheduler": "celery_platform.worker.beat:Scheduler",
        "beat_max_loop_interval": BEAT_LOOP_SECONDS,
        "redbeat_redis_url": runtime.results_url,
        # Set explicitly, because redbeat would otherwise use the broker's.
        "redbeat_redis_use_ssl": _results_tls(runtime).get("redis_backend_use_ssl", False),
        "redbeat_redis_options": {},
        "redbeat_key_prefix": f"{runtime.environment.prefix}:redbeat:",
        "redbeat_lock_timeout": BEAT_LOCK_SECONDS,
    }
