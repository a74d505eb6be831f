"""Who owns each of Celery's settings: the table from which conflicts are found and the README's table is written.

`platform`: derived from the environment; a different value that an application states is refused at start.
`application`: never touched. `either`: the platform's value where the application states none.
"""

from collections.abc import Mapping
from enum import StrEnum


class Owner(StrEnum):
    """Whose value counts."""

    PLATFORM = "platform"
    APPLICATION = "application"
    EITHER = "either"


# What the platform decides, and why an application cannot.
PLATFORM: Mapping[str, str] = {
    **dict.fromkeys(
        ("broker_url", "broker_read_url", "broker_write_url", "broker_use_ssl", "broker_transport",
         "broker_transport_options", "broker_host", "broker_port", "broker_user", "broker_password", "broker_vhost",
         "broker_login_method", "broker_failover_strategy"),
        "where the broker is follows from the environment",
    ),
    **dict.fromkeys(
        ("broker_connection_timeout", "broker_heartbeat", "broker_heartbeat_checkrate", "broker_connection_retry",
         "broker_connection_retry_on_startup", "broker_connection_max_retries", "broker_channel_error_retry",
         "broker_pool_acquire_timeout", "task_publish_retry", "task_publish_retry_policy"),
        "how a node that is away is left is one budget",
    ),
    **dict.fromkeys(
        ("task_queues", "task_create_missing_queues", "task_create_missing_queue_type",
         "task_create_missing_queue_exchange_type", "task_default_exchange", "task_default_exchange_type",
         "task_default_routing_key", "task_default_queue_type", "task_default_delivery_mode",
         "task_queue_max_priority", "broker_native_delayed_delivery_queue_type", "worker_detect_quorum_queues",
         "worker_direct"),
        "queues are `queues` of the environment file",
    ),
    **dict.fromkeys(
        ("task_acks_late", "task_acks_on_failure", "task_acks_on_timeout", "task_acks_on_failure_or_timeout",
         "task_reject_on_worker_lost", "task_retry_on_worker_lost",
         "worker_cancel_long_running_tasks_on_connection_loss", "worker_deduplicate_successful_tasks"),
        "acknowledging is what keeps messages; a task may still say acks_late=False for itself",
    ),
    **dict.fromkeys(
        ("task_soft_time_limit", "task_time_limit"),
        "`soft_time_limit_seconds` of the queue: every layer's limits follow from it",
    ),
    **dict.fromkeys(
        ("accept_content", "task_protocol"), "what workers unpack is `application.accept_content`"
    ),
    **dict.fromkeys(
        ("worker_concurrency", "worker_pool", "worker_prefetch_multiplier", "worker_max_tasks_per_child",
         "worker_max_memory_per_child", "worker_autoscaler", "worker_consumer", "worker_disable_prefetch",
         "worker_enable_prefetch_count_reduction", "worker_eta_task_limit", "worker_pool_putlocks",
         "worker_pool_restarts", "worker_pool_start_method", "worker_agent", "worker_timer"),
        "`pools` of the environment file",
    ),
    **dict.fromkeys(
        ("worker_soft_shutdown_timeout", "worker_enable_soft_shutdown_on_idle", "worker_lost_wait",
         "worker_proc_alive_timeout", "worker_timer_precision"),
        "a stop is bounded by the time budget",
    ),
    **dict.fromkeys(
        ("worker_enable_remote_control", "control_exchange", "control_queue_durable", "control_queue_exclusive",
         "control_queue_expires", "control_queue_ttl", "event_exchange", "event_queue_durable",
         "event_queue_exclusive", "event_queue_expires", "event_queue_prefix", "event_queue_ttl",
         "event_serializer", "beat_enable_remote_control", "beat_remote_control_max_tick_age"),
        "remote control is what the broker can carry",
    ),
    **dict.fromkeys(
        ("beat_scheduler", "beat_max_loop_interval", "beat_sync_every", "beat_schedule_filename"),
        "beat's schedule is kept in the result store, so that of several beats one sends",
    ),
    **dict.fromkeys(
        ("worker_hijack_root_logger", "worker_log_color", "worker_log_format", "worker_log_datefmt",
         "worker_task_log_format", "worker_task_log_datefmt", "worker_redirect_stdouts",
         "worker_redirect_stdouts_level", "worker_state_db"),
        "logs are JSON, set up once",
    ),
}  # fmt: skip

# The platform has a value that suits most; an application's own counts.
EITHER: Mapping[str, str] = {
    "broker_pool_limit": "connections of a process that publishes",
    "redis_backend_use_ssl": "of the platform's result store",
    "redis_retry_on_timeout": "of the platform's result store",
    "redis_socket_connect_timeout": "of the platform's result store",
    "redis_socket_keepalive": "of the platform's result store",
    "redis_socket_timeout": "of the platform's result store",
    "result_backend": "the platform's result store, or one of the application's",
    "result_backend_transport_options": "a prefix for the environment's keys",
    "result_expires": "`results.expires_hours`",
    "result_extended": "results say which task they are of",
    "result_serializer": "json",
    "task_default_queue": "`application.default_queue`",
    "task_routes": "`application.routes`; the application's own are asked first, and name queues by label",
    "task_send_sent_event": "nobody listens to events unless the application does",
    "task_serializer": "json",
    "worker_send_task_events": "nobody listens to events unless the application does",
}


def owner_of(setting: str) -> Owner:
    """Whose value of a setting counts.

    Example: `owner_of("broker_url") is Owner.PLATFORM`
    """
    if setting in PLATFORM:
        return Owner.PLATFORM
    return Owner.EITHER if setting in EITHER else Owner.APPLICATION
