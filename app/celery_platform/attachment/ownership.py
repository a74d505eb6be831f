"""Who owns each of Celery's settings: the table from which conflicts are found and the README's table is written.

`platform`: derived from the environment; a different value that an application states is refused at start.
`application`: never touched. `either`: the platform's value where the application states none. Every setting of
`celery.app.defaults` is in exactly one of the three tables; a new one fails a test until somebody decides.
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
         "broker_native_delayed_delivery_queue_type", "worker_detect_quorum_queues",
         "worker_direct"),
        "queues are `queues` of the environment file",
    ),
    **dict.fromkeys(
        ("task_queue_max_priority", "task_default_priority", "task_inherit_parent_priority"),
        "`priorities` of a queue; a call says priority=9 and is refused where nothing keeps it",
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
         "worker_timer_precision"),
        "a stop is bounded by the time budget",
    ),
    **dict.fromkeys(
        ("worker_enable_remote_control", "control_exchange", "control_queue_durable", "control_queue_exclusive",
         "control_queue_expires", "control_queue_ttl", "event_exchange", "event_queue_durable",
         "event_queue_exclusive", "event_queue_expires", "event_queue_prefix", "event_queue_ttl",
         "event_serializer", "beat_enable_remote_control", "beat_remote_control_max_tick_age",
         "worker_state_db"),
        "remote control is what the broker can carry",
    ),
    **dict.fromkeys(
        ("beat_scheduler", "beat_max_loop_interval", "beat_sync_every", "beat_schedule_filename"),
        "beat's schedule is kept in the result store, so that of several beats one sends",
    ),
    **dict.fromkeys(
        ("worker_hijack_root_logger", "worker_log_color", "worker_log_format", "worker_log_datefmt",
         "worker_task_log_format", "worker_task_log_datefmt", "worker_redirect_stdouts",
         "worker_redirect_stdouts_level"),
        "logs are JSON, set up once",
    ),
}  # fmt: skip

# The platform has a value that suits most; an application's own counts.
EITHER: Mapping[str, str] = {
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
    "task_default_queue": "`application.default_queue`; the application's own names a queue by label",
    "task_routes": "`application.routes`; the application's own are asked first, and name queues by label",
    "task_serializer": "json; another one of `application.accept_content` where the application says so",
    "worker_send_task_events": "off; an application that listens turns them on, where the broker carries them",
}


# What the platform has no say in.
APPLICATION: Mapping[str, str] = {
    **dict.fromkeys(("imports", "include"), "which modules have its tasks"),
    **dict.fromkeys(("timezone", "enable_utc"), "its time zone"),
    **dict.fromkeys(("beat_schedule",), "what beat sends; `schedule` of the environment file adds to it"),
    **dict.fromkeys(
        ("task_always_eager", "task_eager_propagates", "task_store_eager_result"), "its unit tests"
    ),
    **dict.fromkeys(
        ("task_annotations", "task_compression", "task_default_rate_limit", "task_remote_tracebacks",
         "task_repr_maxlevels", "task_send_sent_event", "task_track_started", "worker_disable_rate_limits",
         "task_allow_error_cb_on_chord_header"),
        "what its tasks do",
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
        "which results it keeps, and how",
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
        "a result backend of its own",
    ),
    **dict.fromkeys(
        ("security_cert_store", "security_certificate", "security_digest", "security_key", "security_key_password"),
        "keys for signing messages",
    ),
}  # fmt: skip


def owner_of(setting: str) -> Owner:
    """Whose value of a setting counts; a setting that is not Celery's is the application's.

    Example: `owner_of("broker_url") is Owner.PLATFORM`
    """
    if setting in PLATFORM:
        return Owner.PLATFORM
    return Owner.EITHER if setting in EITHER else Owner.APPLICATION


def reason_of(setting: str) -> str:
    """Why it is that one's.

    Raises:
        KeyError: no setting of Celery's.
    """
    return (PLATFORM | EITHER | APPLICATION)[setting]  # type: ignore[operator, no-any-return]


def rows() -> list[tuple[str, str, str]]:
    """Every setting with its owner and why, by name."""
    tables = ((Owner.PLATFORM, PLATFORM), (Owner.EITHER, EITHER), (Owner.APPLICATION, APPLICATION))
    return sorted((name, owner.value, why) for owner, table in tables for name, why in table.items())


def table() -> str:
    """The README's table: the settings of one reason in one row."""
    lines = ["| owner | settings | why |", "|---|---|---|"]
    for owner, settings in ((Owner.PLATFORM, PLATFORM), (Owner.EITHER, EITHER), (Owner.APPLICATION, APPLICATION)):
        for why in dict.fromkeys(settings.values()):
            names = ", ".join(f"`{name}`" for name, reason in settings.items() if reason == why)
            lines.append(f"| {owner.value} | {names} | {why} |")
    return "\n".join(lines)
