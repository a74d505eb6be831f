"""The owner of each of Celery's settings: the source for finding conflicts, and for the README's table.

`platform`: derived from the environment; if an application sets a different value, it is refused at start.
`application`: never changed by the platform. `either`: the platform's value unless the application sets one. Every
setting of `celery.app.defaults` is in exactly one of the three tables. A new one fails a test until it is assigned.
"""

from collections.abc import Mapping
from enum import StrEnum


class Owner(StrEnum):
    """Whose value of a setting applies."""

    PLATFORM = "platform"
    APPLICATION = "application"
    EITHER = "either"


# The settings that the platform decides, with the reason.
PLATFORM: Mapping[str, str] = {
    **dict.fromkeys(
        ("broker_url", "broker_read_url", "broker_write_url", "broker_use_ssl", "broker_transport",
         "broker_transport_options", "broker_host", "broker_port", "broker_user", "broker_password", "broker_vhost",
         "broker_login_method", "broker_failover_strategy"),
        "the environment determines the broker",
    ),
    **dict.fromkeys(
        ("broker_connection_timeout", "broker_heartbeat", "broker_heartbeat_checkrate", "broker_connection_retry",
         "broker_connection_retry_on_startup", "broker_connection_max_retries", "broker_channel_error_retry",
         "broker_pool_acquire_timeout", "task_publish_retry", "task_publish_retry_policy"),
        "the time for failing over to another node is one budget",
    ),
    **dict.fromkeys(
        ("task_queues", "task_create_missing_queues", "task_create_missing_queue_type",
         "task_create_missing_queue_exchange_type", "task_default_exchange", "task_default_exchange_type",
         "task_default_routing_key", "task_default_queue_type", "task_default_delivery_mode",
         "broker_native_delayed_delivery_queue_type", "worker_detect_quorum_queues",
         "worker_direct"),
        "set by `queues` of the environment file",
    ),
    **dict.fromkeys(
        ("task_queue_max_priority", "task_default_priority", "task_inherit_parent_priority"),
        "set by `priorities` of a queue; a call with priority=9 is refused on a queue without priorities",
    ),
    **dict.fromkeys(
        ("task_acks_late", "task_acks_on_failure", "task_acks_on_timeout", "task_acks_on_failure_or_timeout",
         "task_reject_on_worker_lost", "task_retry_on_worker_lost",
         "worker_cancel_long_running_tasks_on_connection_loss", "worker_deduplicate_successful_tasks"),
        "late acknowledgement prevents message loss; a single task may still declare acks_late=False",
    ),
    **dict.fromkeys(
        ("task_soft_time_limit", "task_time_limit"),
        "set by `soft_time_limit_seconds` of the queue, from which every layer's limits follow",
    ),
    **dict.fromkeys(
        ("accept_content", "task_protocol"), "set by `application.accept_content`"
    ),
    **dict.fromkeys(
        ("worker_concurrency", "worker_pool", "worker_prefetch_multiplier", "worker_max_tasks_per_child",
         "worker_max_memory_per_child", "worker_autoscaler", "worker_consumer", "worker_disable_prefetch",
         "worker_enable_prefetch_count_reduction", "worker_eta_task_limit", "worker_pool_putlocks",
         "worker_pool_restarts", "worker_pool_start_method", "worker_agent", "worker_timer"),
        "set by `pools` of the environment file",
    ),
    **dict.fromkeys(
        ("worker_soft_shutdown_timeout", "worker_enable_soft_shutdown_on_idle", "worker_lost_wait",
         "worker_timer_precision"),
        "the time budget determines the stop timeout",
    ),
    **dict.fromkeys(
        ("worker_enable_remote_control", "control_exchange", "control_queue_durable", "control_queue_exclusive",
         "control_queue_expires", "control_queue_ttl", "event_exchange", "event_queue_durable",
         "event_queue_exclusive", "event_queue_expires", "event_queue_prefix", "event_queue_ttl",
         "event_serializer", "beat_enable_remote_control", "beat_remote_control_max_tick_age",
         "worker_state_db"),
        "the broker determines whether remote control is available",
    ),
    **dict.fromkeys(
        ("beat_scheduler", "beat_max_loop_interval", "beat_sync_every", "beat_schedule_filename"),
        "beat's schedule is kept in the result store, so that only one of several beats sends",
    ),
    **dict.fromkeys(
        ("worker_hijack_root_logger", "worker_log_color", "worker_log_format", "worker_log_datefmt",
         "worker_task_log_format", "worker_task_log_datefmt", "worker_redirect_stdouts",
         "worker_redirect_stdouts_level"),
        "the platform sets up logging",
    ),
}  # fmt: skip

# The settings with a default of the platform, which an application may override.
EITHER: Mapping[str, str] = {
    "redis_backend_use_ssl": "for the platform's result store",
    "redis_retry_on_timeout": "for the platform's result store",
    "redis_socket_connect_timeout": "for the platform's result store",
    "redis_socket_keepalive": "for the platform's result store",
    "redis_socket_timeout": "for the platform's result store",
    "result_backend": "the platform's result store, or one of the application's",
    "result_backend_transport_options": "a prefix for the environment's keys",
    "result_expires": "`results.expires_hours`",
    "result_extended": "results include the task's name and arguments",
    "result_serializer": "json",
    "task_default_queue": "`application.default_queue`; an application's own value is a queue's label",
    "task_routes": "`application.routes`; an application's own routes take precedence and name queues by label",
    "task_serializer": "json; an application may choose another one of `application.accept_content`",
    "worker_send_task_events": "off; an application may turn events on if the broker supports them",
}


# The settings that the platform does not touch.
APPLICATION: Mapping[str, str] = {
    **dict.fromkeys(("imports", "include"), "the modules of its tasks"),
    **dict.fromkeys(("timezone", "enable_utc"), "its time zone"),
    **dict.fromkeys(("beat_schedule",), "the tasks that beat sends; `schedule` of the environment file adds to them"),
    **dict.fromkeys(
        ("task_always_eager", "task_eager_propagates", "task_store_eager_result"), "its unit tests"
    ),
    **dict.fromkeys(
        ("task_annotations", "task_compression", "task_default_rate_limit", "task_remote_tracebacks",
         "task_repr_maxlevels", "task_send_sent_event", "task_track_started", "worker_disable_rate_limits",
         "task_allow_error_cb_on_chord_header"),
        "the behavior of its tasks",
    ),
    **dict.fromkeys(
        ("broker_pool_limit", "worker_proc_alive_timeout", "beat_cron_starting_deadline"),
        "how its processes start and publish",
    ),
    **dict.fromkeys(
        ("task_ignore_result", "task_store_errors_even_if_ignored", "result_accept_content", "result_cache_max",
         "result_chord_expires", "result_chord_join_timeout", "result_chord_retry_interval", "result_compression",
         "result_exchange", "result_exchange_type", "result_failure_expires", "result_persistent",
         "result_backend_always_retry", "result_backend_base_sleep_between_retries_ms",
         "result_backend_max_retries", "result_backend_max_sleep_between_retries_ms"),
        "which results it stores, and how",
    ),
    **dict.fromkeys(
        ("redis_db", "redis_host", "redis_max_connections", "redis_password", "redis_port", "redis_username",
         "cache_backend", "cache_backend_options", "database_create_tables_at_setup", "database_engine_callback",
         "database_engine_options", "database_short_lived_sessions", "database_table_names",
         "database_table_schemas", "database_url", "arangodb_backend_settings", "couchbase_backend_settings",
         "mongodb_backend_settings", "azureblockblob_base_path", "azureblockblob_connection_timeout",
         "azureblockblob_container_name", "azureblockblob_read_timeout", "azureblockblob_retry_increment_base",
         "azureblockblob_retry_initial_backoff_sec", "azureblockblob_retry_max_attempts", "cassandra_auth_kwargs",
         "cassandra_auth_provider", "cassandra_bundle_path", "cassandra_entry_ttl", "cassandra_keyspace",
         "cassandra_options", "cassandra_port", "cassandra_read_consistency", "cassandra_servers",
         "cassandra_table", "cassandra_write_consistency", "cosmosdbsql_collection_name",
         "cosmosdbsql_consistency_level", "cosmosdbsql_database_name", "cosmosdbsql_max_retry_attempts",
         "cosmosdbsql_max_retry_wait_time", "elasticsearch_max_retries", "elasticsearch_retry_on_timeout",
         "elasticsearch_save_meta_as_text", "elasticsearch_timeout", "gcs_base_path", "gcs_bucket", "gcs_project",
         "gcs_ttl", "s3_access_key_id", "s3_base_path", "s3_bucket", "s3_endpoint_url", "s3_region",
         "s3_secret_access_key"),
        "its own result backend",
    ),
    **dict.fromkeys(
        ("security_cert_store", "security_certificate", "security_digest", "security_key", "security_key_password"),
        "keys for signing messages",
    ),
}  # fmt: skip


def owner_of(setting: str) -> Owner:
    """The owner of a setting; a setting that Celery does not have belongs to the application.

    Example: `owner_of("broker_url") is Owner.PLATFORM`
    """
    if setting in PLATFORM:
        return Owner.PLATFORM
    return Owner.EITHER if setting in EITHER else Owner.APPLICATION


def reason_of(setting: str) -> str:
    """The reason why a setting has its owner.

    Raises:
        KeyError: Celery has no such setting.
    """
    return (PLATFORM | EITHER | APPLICATION)[setting]  # type: ignore[operator, no-any-return]


def rows() -> list[tuple[str, str, str]]:
    """Every setting with its owner and the reason, sorted by name."""
    tables = ((Owner.PLATFORM, PLATFORM), (Owner.EITHER, EITHER), (Owner.APPLICATION, APPLICATION))
    return sorted((name, owner.value, why) for owner, table in tables for name, why in table.items())


def table() -> str:
    """The README's table, with one row per reason."""
    lines = ["| owner | settings | why |", "|---|---|---|"]
    for owner, settings in ((Owner.PLATFORM, PLATFORM), (Owner.EITHER, EITHER), (Owner.APPLICATION, APPLICATION)):
        for why in dict.fromkeys(settings.values()):
            names = ", ".join(f"`{name}`" for name, reason in settings.items() if reason == why)
            lines.append(f"| {owner.value} | {names} | {why} |")
    return "\n".join(lines)
