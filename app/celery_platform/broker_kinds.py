"""The kinds of broker. An entry here and a folder of that name in `brokers/` are all that the platform's Python needs.

An entry has what is true of a kind before there is a connection, because the environment file, its rules and the
settings of a process depend on it. They are below `brokers/` and must not load Celery, kombu or pydantic.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Facts:
    """What differs between kinds of broker. A default is what is true of most of them.

    `placeholder_url` is the form of its URL, with `{host}`, for checking an application without an account. `ports` are
    those that pods reach inside the VPC, with and without TLS; none where it is reached as every AWS service is.
    `virtual_host` is that of the application's queues on brokers that have virtual hosts.
    """

    placeholder_url: str
    ports: tuple[int, ...] = ()
    virtual_host: str = "celery"
    # A message that is not acknowledged within a visibility timeout is delivered again, whatever its worker does.
    visibility_timeout: bool = False
    # A queue delivers urgent messages first. Elsewhere, they have a queue of their own that workers drain first.
    priorities_in_a_queue: bool = False
    # A worker without an event loop (gevent) polls its queues in turn, regardless of which is to be drained first.
    polled_in_turn_without_event_loop: bool = False
    # There are FIFO queues, and the messages of a group run in order.
    fifo: bool = False
    # Each queue is an AWS resource, and IAM decides who sends to it and receives from it.
    queues_in_iam: bool = False


class BrokerKind(StrEnum):
    """The broker that carries the tasks. Changing it is a one-line diff."""

    facts: Facts

    def __new__(cls, name: str, *facts: Facts) -> "BrokerKind":
        """Make a member that equals its name in an environment file. `BrokerKind("redis")` only finds one."""
        kind = str.__new__(cls, name)
        kind._value_ = name
        (kind.facts,) = facts
        return kind

    SQS = (
        "sqs",
        Facts(
            placeholder_url="",
            visibility_timeout=True,
            polled_in_turn_without_event_loop=True,
            fifo=True,
            queues_in_iam=True,
        ),
    )
    AMAZON_MQ = (
        "amazon_mq",
        Facts(
            placeholder_url="amqps://{host}:5671",
            ports=(443, 5671),  # the management API, which the exporter and KEDA ask, and AMQP
            virtual_host="/",  # the only one that Amazon MQ creates, for its only user
            priorities_in_a_queue=True,
        ),
    )
    RABBITMQ = (
        "rabbitmq",
        Facts(
            placeholder_url="amqps://{host}:5671",
            ports=(5671, 5672, 15671, 15672),  # the last two are the management API
            priorities_in_a_queue=True,
        ),
    )
    REDIS = (
        "redis",
        Facts(
            placeholder_url="rediss://{host}:6379/0",
            ports=(6379,),
            visibility_timeout=True,  # kombu's, which keeps what was delivered aside
        ),
    )


def kinds_where(fact: Callable[[Facts], bool]) -> str:
    """The names of the kinds of which something is true, for a message.

    Example: `kinds_where(lambda facts: facts.fifo) == "sqs"`
    """
    return " or ".join(kind.value for kind in BrokerKind if fact(kind.facts))
