"""Where pods connect to: what a network policy has to let out, by name. Everything else stays closed."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from app.environment.derived import Json
from app.environment.model import BrokerKind, Environment

# With and without TLS; the last two are the management API, which the exporter and KEDA ask.
RABBITMQ_PORTS = (5671, 5672, 15671, 15672)
AMAZON_MQ_PORTS = (443, 5671)
VALKEY_PORT = 6379
HTTPS_PORT = 443
ANYWHERE = "0.0.0.0/0"


def egress(env: Environment) -> Json:
    """Address range and ports of everything a pod may need; `pools.<name>.calls` says which services a pool does.

    Example: `egress(load("prod"))["results"] == {"cidr": "10.40.0.0/16", "ports": [6379]}`
    """
    inside = str(env.network.cidr)
    ports = {
        BrokerKind.RABBITMQ: RABBITMQ_PORTS,
        BrokerKind.AMAZON_MQ: AMAZON_MQ_PORTS,
        BrokerKind.REDIS: (VALKEY_PORT,),
        BrokerKind.SQS: (),
    }[env.broker.kind]
    services = env.services
    return {
        "broker": {"cidr": inside, "ports": list(ports)},
        "results": {"cidr": inside, "ports": [VALKEY_PORT]},
        # Interface endpoints are inside the VPC, S3 and everything without an endpoint is not.
        "aws": {"cidr": ANYWHERE, "ports": [HTTPS_PORT]},
        "payment_gateway": _url(services.payment_gateway_url),
        "metrics_api": _url(services.metrics_api_url),
        "smtp": {"cidr": _range(services.smtp_host), "ports": [services.smtp_port]},
    }


def _url(url: str) -> Json:
    parts = urlsplit(url)
    return {"cidr": _range(parts.hostname or ""), "ports": [parts.port or (443 if parts.scheme == "https" else 80)]}


def _range(host: str) -> str:
    """One address, or anywhere: a network policy knows no names."""
    try:
        return f"{ip_address(host)}/32"
    except ValueError:
        return ANYWHERE
