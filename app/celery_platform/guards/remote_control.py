"""Refuse remote control on brokers without it: commands need a fanout exchange, and SQS would silently drop them."""

from celery_platform.errors import BrokerError


def refuse_without_remote_control(command: str) -> None:
    """Check that the environment's broker can deliver commands to workers.

    Raises:
        BrokerError: the broker cannot (SQS).
    """
    from celery_platform.brokers import broker_of
    from celery_platform.settings import runtime

    broker = broker_of(runtime())
    if not broker.remote_control:
        raise BrokerError(
            expected=f"a broker with remote control, for {command}",
            found=broker.kind,
            remedy="Use the workers' metrics to see what they do. A task that may be cancelled must check that itself.",
        )
