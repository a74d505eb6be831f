"""TLS to RabbitMQ that checks the certificate and the name, which py-amqp does not do by default."""

from typing import Any


def amqp_tls(urls: str, ca_certificate: str | None) -> dict[str, Any]:
    """Return Celery settings for these URLs: none for `amqp://`, a checked certificate for `amqps://`.

    `ca_certificate` is the PEM of the only authority to trust; without it, the system's authorities are trusted.

    Example: `amqp_tls("amqps://b-1.example.com:5671", None)["broker_use_ssl"]["context"] == {"check_hostname": True}`
    """
    if not urls.startswith("amqps://"):
        return {}
    context: dict[str, Any] = {"check_hostname": True}
    if ca_certificate:
        context["cadata"] = ca_certificate
    # `None` is replaced by the name of the host connected to (kombu, and transports/amqp/tls_failover.py for the next).
    # The handshake is left to py-amqp's own step, which has a time-out.
    return {"broker_use_ssl": {"context": context, "server_hostname": None, "do_handshake_on_connect": False}}
