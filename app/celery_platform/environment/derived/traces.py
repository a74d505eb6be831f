"""Traces: the variables of OpenTelemetry's SDK, and what the network has to let through."""

from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

DEFAULT_PORTS = {"http": 80, "https": 443}


def trace_variables(env: Environment) -> Mapping[str, str]:
    """The variables of processes; none without an endpoint (opentelemetry.io, "SDK environment variables").

    Example: `trace_variables(load("prod")) == {}`
    """
    if env.traces.endpoint is None:
        return {}
    return {
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": env.traces.endpoint,
        # A task keeps the decision of who sent it, so that a trace is complete or not there.
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": f"{env.traces.ratio:g}",
    }


def trace_target(env: Environment) -> Json:
    """The address range and port of the collector; no ports without one.

    A collector with a name is in the network, or a pod of the cluster. To port 443, which AWS needs, anywhere is open.

    Example: `trace_target(load("prod")) == {"cidr": "10.40.0.0/16", "ports": []}`
    """
    cidr = str(env.network.cidr)
    if env.traces.endpoint is None:
        return {"cidr": cidr, "ports": []}
    parts = urlsplit(env.traces.endpoint)
    with suppress(ValueError):
        cidr = f"{IPv4Address(parts.hostname or '')}/32"
    return {"cidr": cidr, "ports": [parts.port or DEFAULT_PORTS[parts.scheme]]}
