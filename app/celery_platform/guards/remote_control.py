"""Remote control on a broker that has none: commands need a fanout exchange, and SQS would take them and do nothing."""

from celery_platform.errors import BrokerError


def refuse_without_remote_control(command: str) -> None:
    """Ask the environment's broker whether workers can hear commands.

    Raises:
        BrokerError: they cannot (SQS).
    """
    from celery_platform.brokers import broker_of
    from celery_platform.settings import runtime

    broker = broker_of(runtime())
    if not broker.remote_control:
        raise BrokerError(
            expected=f"a broker with remote control, for {command}",
            found=broker.kind,
            remedy="What workers do is in their metrics; a task that must not run checks for itself.",
        )
