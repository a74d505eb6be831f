"""OpenTelemetry traces from the producer through the broker to a task and the tasks that it calls.

Tracing is off, and not even imported, unless OTEL_TRACES_EXPORTER is set. `otlp` sends to OTEL_EXPORTER_OTLP_ENDPOINT
over HTTP. `file` appends a JSON line per span to CELERY_TRACES_FILE. OTEL_TRACES_SAMPLER selects the traces to keep.
The trace context is passed in the message's headers, which every broker transports.
"""

import os
from typing import TYPE_CHECKING, Any

from celery.signals import worker_process_shutdown, worker_shutdown

from celery_platform.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

EXPORTER, FILE = "OTEL_TRACES_EXPORTER", "CELERY_TRACES_FILE"
FLUSH_MILLISECONDS = 5_000


def start_traces(environment: str, service: str) -> None:
    """Trace the messages and tasks of this process from now on, if the variables are set.

    The SDK restarts its sending thread in a forked child. A child's unsent spans are flushed before it is replaced.

    Raises:
        SettingsError: OTEL_TRACES_EXPORTER names an unknown exporter.

    Example: `OTEL_TRACES_EXPORTER=file CELERY_TRACES_FILE=/tmp/spans.jsonl app worker --env local --pool io`
    """
    chosen = os.environ.get(EXPORTER, "none")
    if chosen == "none":
        return
    exporter = _exporter(chosen)
    from opentelemetry import trace
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {"service.name": service, "deployment.environment.name": environment}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument()

    def flush(**_: Any) -> None:
        provider.force_flush(FLUSH_MILLISECONDS)

    # A replaced child exits without running the exit handlers in which the SDK would flush.
    worker_process_shutdown.connect(flush, weak=False)
    worker_shutdown.connect(flush, weak=False)


def _exporter(chosen: str) -> "SpanExporter":
    if chosen == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter()
    if chosen == "file" and os.environ.get(FILE):
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        # Append one line at a time, because several processes write to the same file.
        sink = open(os.environ[FILE], "a", buffering=1)  # noqa: SIM115, PTH123 - open as long as the process
        return ConsoleSpanExporter(out=sink, formatter=lambda span: span.to_json(indent=None) + "\n")
    raise SettingsError(
        expected=f"{EXPORTER} to be none, otlp, or file together with {FILE}",
        found=f"{EXPORTER}={chosen}, {FILE}={os.environ.get(FILE, '')!r}",
        remedy="Unset it, or see app/celery_platform/observability/README.md.",
    )
