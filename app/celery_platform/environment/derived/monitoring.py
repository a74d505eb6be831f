"""The ports that serve metrics, and how long metrics are kept."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.placement import WORKER_PORT, metrics_ports, metrics_targets
from celery_platform.environment.model import Environment

# Unassigned in Prometheus's list of default ports, like the workers' ports.
EXPORTER_PORT = 9530
# The port of RabbitMQ's plugin rabbitmq_prometheus (rabbitmq.com, "Prometheus").
RABBITMQ_PORT = 15692


def monitoring(env: Environment) -> Json:
    """The section `monitoring`."""
    return env.monitoring.model_dump(mode="json") | {
        "worker_port": WORKER_PORT,
        "worker_ports": metrics_ports(env),
        "worker_targets": metrics_targets(env),
        "exporter_port": EXPORTER_PORT,
        "rabbitmq_port": RABBITMQ_PORT,
    }
