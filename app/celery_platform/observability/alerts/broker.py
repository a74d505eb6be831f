"""Alerts on a broker that is about to refuse messages, on beat that sends nothing, and on an exporter without data."""

from collections.abc import Iterator

from celery_platform.observability.alerts.alert import Alert, Thresholds

# RabbitMQ blocks publishers at its limit of free disk space. At twice the limit, there is still time to act.
DISK_MARGIN = 2
# The days before its end in which the role rabbitmq renews a certificate (rabbitmq_certificate_renewal_days).
RENEWAL_DAYS = 30
# A node that stays apart is restarted by its host within two minutes (role rabbitmq, rabbitmq_rejoin_after_seconds).
APART_SECONDS = 300


def alerts(thresholds: Thresholds) -> Iterator[Alert]:
    """The alerts on the exporter's metrics."""
    yield Alert(
        "CeleryBrokerMemory",
        f"celery_broker_memory_used_bytes / (celery_broker_memory_limit_bytes > 0) > {thresholds.memory_ratio}"
        " or celery_broker_memory_alarm > 0",
        "2m", "page",
        "{{ $labels.node }} is running out of memory and is about to refuse messages.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerDisk",
        f"celery_broker_disk_free_bytes < {DISK_MARGIN} * celery_broker_disk_free_limit_bytes"
        " or celery_broker_disk_alarm > 0",
        "2m", "page",
        "{{ $labels.node }} is running out of disk space and is about to refuse messages.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerPartitioned", "celery_broker_partitions > 0", "0s", "page",
        "{{ $labels.node }} cannot reach {{ $value }} nodes that are running.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerNodeApart", f"rabbitmq_rejoin_apart_seconds > {APART_SECONDS}", "0s", "page",
        "{{ $labels.host }} has been apart from the other nodes for {{ $value | humanizeDuration }}, and its host did"
        " not restart it.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerNodeRejoined", "increase(rabbitmq_rejoin_restarts_total[1h]) > 0", "0s", "ticket",
        "{{ $labels.host }} was apart from the other nodes, and its host restarted it.",
    )  # fmt: skip
    yield Alert(
        "CeleryBrokerNodeDown", "celery_broker_node_up == 0", "1m", "page",
        "{{ $labels.node }} is not running.",
    )  # fmt: skip
    yield Alert(
        "CeleryCertificateExpires",
        f"celery_broker_certificate_expiry_timestamp_seconds - time() < {RENEWAL_DAYS} * 86400",
        "10m", "ticket",
        "The certificate of {{ $labels.address }} expires in {{ $value | humanizeDuration }}; then nothing connects.",
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
        "Scheduled tasks are not being sent: beat is not running, or it is late.",
    )  # fmt: skip
    yield Alert(
        "CeleryExporterBlind",
        'celery_broker_up == 0 or up{job="celery-exporter"} == 0 or absent(up{job="celery-exporter"})',
        "1m", "page",
        "The exporter cannot poll the broker, or is not running: the state of the broker is unknown.",
    )  # fmt: skip
