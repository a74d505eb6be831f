"""A broker about to refuse messages, beat that sends none, an exporter that sees nothing."""

from collections.abc import Iterator

from celery_platform.observability.alerts.alert import Alert, Thresholds

# RabbitMQ stops publishers at its limit of free space; at twice that there is time to act.
DISK_MARGIN = 2


def alerts(thresholds: Thresholds) -> Iterator[Alert]:
    """The alerts on what the exporter sees."""
    yield Alert(
        "CeleryBrokerMemory",
        f"celery_broker_memory_used_bytes / (celery_broker_memory_limit_bytes > 0) > {thresholds.memory_ratio}"
        " or celery_broker_memory_alarm > 0",
        "2m", "page",
        "{{ $labels.node }} is about to refuse messages because it runs out of memory.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerDisk",
        f"celery_broker_disk_free_bytes < {DISK_MARGIN} * celery_broker_disk_free_limit_bytes"
        " or celery_broker_disk_alarm > 0",
        "2m", "page",
        "{{ $labels.node }} is about to refuse messages because it runs out of disk.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerPartitioned", "celery_broker_partitions > 0", "0s", "page",
        "{{ $labels.node }} cannot reach {{ $value }} nodes that are running.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerNodeDown", "celery_broker_node_up == 0", "1m", "page",
        "{{ $labels.node }} is not running.",
    )  # fmt: skip
    yield Alert(
        "CeleryQuorumDegraded",
        "celery_queue_members_online < celery_queue_members",
        "1m", "ticket",
        "{{ $labels.queue_name }} has only {{ $value }} members online.",
    )  # fmt: skip
    yield Alert(
        "CeleryBeatSilent",
        f"celery_beat_overdue_seconds > {thresholds.beat_silent_seconds} or celery_beat_locked == 0",
        "1m", "page",
        "No beat is sending the scheduled tasks.",
    )  # fmt: skip
    yield Alert(
        "CeleryExporterBlind",
        'celery_broker_up == 0 or up{job="celery-exporter"} == 0 or absent(up{job="celery-exporter"})',
        "1m", "page",
        "The state of the broker is unknown.",
    )  # fmt: skip
