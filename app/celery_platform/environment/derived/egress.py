"""The destinations that network policies open for pods, by name. Everything else stays closed."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.traces import trace_target
from celery_platform.environment.model import Environment
from celery_platform.environment.model.services import Service

VALKEY_PORT = 6379
HTTPS_PORT = 443
# The default ports of common URL schemes. A rule requires an explicit port for any other scheme.
DEFAULT_PORTS = {
    "http": 80, "https": 443, "postgresql": 5432, "postgres": 5432, "mysql": 3306, "redis": 6379, "rediss": 6379,
    "mongodb": 27017, "amqp": 5672, "amqps": 5671, "smtp": 25, "smtps": 465, "ldap": 389, "ldaps": 636,
}  # fmt: skip
ANYWHERE = "0.0.0.0/0"


def egress(env: Environment) -> Json:
    """Address range and ports of every destination; `pools.<name>.calls` lists the services that each pool needs.

    Example: `egress(load("prod"))["results"] == {"cidr": "10.40.0.0/16", "ports": [6379]}`
    """
    inside = str(env.network.cidr)
    return {
        "broker": {"cidr": inside, "ports": list(env.broker.kind.facts.ports)},
        "results": {"cidr": inside, "ports": [VALKEY_PORT]},
        # Interface endpoints are inside the VPC; S3 and services without an endpoint are not.
        "aws": {"cidr": ANYWHERE, "ports": [HTTPS_PORT]},
        "traces": trace_target(env),
        "services": {name: service_address(service) for name, service in env.services.items()},
    }


def service_address(service: Service) -> Json:
    """The address range and port of a service.

    Example: `service_address(Service(url="https://pay.example.com")) == {"cidr": "0.0.0.0/0", "ports": [443]}`
    """
    if service.url is None:
        return {"cidr": _range(service.host or ""), "ports": [service.port]}
    parts = urlsplit(service.url)
    return {"cidr": _range(parts.hostname or ""), "ports": [parts.port or default_port(parts.scheme)]}


def default_port(scheme: str) -> int | None:
    """The default port of a URL's scheme. As in SQLAlchemy's URLs, a driver's name may follow a plus.

    Example: `default_port("postgresql+psycopg") == 5432`
    """
    return DEFAULT_PORTS.get(scheme.partition("+")[0])


def _range(host: str) -> str:
    """The range of one address, or all addresses for a DNS name: a network policy cannot match names."""
    try:
        return f"{ip_address(host)}/32"
    except ValueError:
        return ANYWHERE
