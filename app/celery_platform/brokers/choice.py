"""Which module serves which kind."""

from app.brokers.amazon_mq import AmazonMQBroker
from app.brokers.interface import Broker
from app.brokers.rabbitmq import RabbitMQBroker
from app.brokers.redis import RedisBroker
from app.brokers.sqs import SqsBroker
from app.settings import Runtime

KINDS: dict[str, type[Broker]] = {
    broker.kind: broker for broker in (RabbitMQBroker, AmazonMQBroker, SqsBroker, RedisBroker)
}


def broker_of(runtime: Runtime) -> Broker:
    """The broker that the environment names."""
    return KINDS[runtime.environment.broker_kind](runtime)
