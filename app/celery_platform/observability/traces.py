"""Traces from producer through broker to task and its children, with OpenTelemetry's own variables.

Off unless OTEL_TRACES_EXPORTER is set: nothing is imported then. `otlp` sends to OTEL_EXPORTER_OTLP_ENDPOINT over HTTP,
`file` appends a JSON line for each span to CELERY_TRACES_FILE. OTEL_TRACES_SAMPLER chooses which traces are kept. The
context travels in the message's headers, which every broker carries.
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
    """Trace what this process publishes and runs from now on, if the variables say so.

    The SDK starts its sending thread anew in a forked child; what a child has not sent is sent before it is recycled.

    Raises:
        SettingsError: OTEL_TRACES_EXPORTER names an exporter that is not here.

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

    # A recycled child ends without the exit handlers by which the SDK would flush.
    worker_process_shutdown.connect(flush, weak=False)
    worker_shutdown.connect(flush, weak=False)


def _exporter(chosen: str) -> "SpanExporter":
    if chosen == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter()
    if chosen == "file" and os.environ.get(FILE):
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        # Appending, a line at a time: several processes write to one file.
        sink = open(os.environ[FILE], "a", buffering=1)  # noqa: SIM115, PTH123 - open as long as the process
        return ConsoleSpanExporter(out=sink, formatter=lambda span: span.to_json(indent=None) + "\n")
    raise SettingsError(
        expected=f"{EXPORTER} to be none, otlp, or file together with {FILE}",
        found=f"{EXPORTER}={chosen}, {FILE}={os.environ.get(FILE, '')!r}",
        remedy="Unset it, or see app/celery_platform/observability/README.md.",
    )
