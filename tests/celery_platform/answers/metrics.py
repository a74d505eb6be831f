"""What a worker counts, as Prometheus would read it."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def refusals_counted(port: int, operation: str = "") -> float:
    """How often a worker's broker refused an operation, or any, by the worker's own count."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "celery_broker_refusals_total" and operation in ("", sample.labels["operation"])
    )
