"""Where metrics are served, and how long they are kept."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# Free in Prometheus's list of default ports. Of several workers on a host the first has this one, the next one more.
WORKER_PORT = 9540
EXPORTER_PORT = 9530
# Of RabbitMQ's plugin rabbitmq_prometheus (rabbitmq.com, "Prometheus").
RABBITMQ_PORT = 15692


def monitoring(env: Environment) -> Json:
    """The section `monitoring`."""
    return env.monitoring.model_dump(mode="json") | {
        "worker_port": WORKER_PORT,
        "exporter_port": EXPORTER_PORT,
        "rabbitmq_port": RABBITMQ_PORT,
    }
