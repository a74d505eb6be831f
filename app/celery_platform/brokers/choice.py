"""Chooses the module for a kind of broker."""

from celery_platform.brokers.amazon_mq.broker import AmazonMQBroker
from celery_platform.brokers.interface import Broker
from celery_platform.brokers.rabbitmq.broker import RabbitMQBroker
from celery_platform.brokers.redis.broker import RedisBroker
from celery_platform.brokers.sqs.broker import SqsBroker
from celery_platform.settings import Runtime

KINDS: dict[str, type[Broker]] = {
    broker.kind: broker for broker in (RabbitMQBroker, AmazonMQBroker, SqsBroker, RedisBroker)
}


def broker_of(runtime: Runtime) -> Broker:
    """Return the broker that the environment names."""
    return KINDS[runtime.environment.broker_kind](runtime)
