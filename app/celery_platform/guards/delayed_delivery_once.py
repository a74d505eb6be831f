"""Celery 5.7.0 declares the delay topology on every URL of the failover list before it consumes.

`celery.worker.consumer.delayed_delivery:DelayedDelivery` tries each URL three times and waits for the timeouts. After
one of three RabbitMQ nodes had died, a worker that had reconnected within milliseconds consumed nothing for 45 s, and
so did a newly started one. The topology and the queues are also declared again after every reconnection. Each
declaration needs the queue's leader, which may be the node that does not answer (5 s each on RabbitMQ 4.0). A cluster
has one topology, and it is durable. So here, it is declared only once per worker, on the node to which the worker is
connected. If a broker comes back empty, consuming fails and the worker exits; its supervisor starts another one, which
declares it. Unnecessary as soon as Celery declares on the connection in use; `tests/celery_platform/guards` shows the
delay.
"""

from typing import Any

from celery.worker import consumer
from celery.worker.consumer import delayed_delivery
from kombu.transport.native_delayed_delivery import declare_native_delayed_delivery_exchanges_and_queues

_STEP = "celery.worker.consumer.delayed_delivery:DelayedDelivery"


class DelayedDelivery(delayed_delivery.DelayedDelivery):
    """The step, on one node."""

    requires = (consumer.Tasks,)

    def start(self, c: Any) -> None:
        """Declare exchanges and queues of the delays, and bind the tasks' queues to them."""
        queues = list(c.app.amqp.queues.values())
        if all(queue.no_declare for queue in queues):
            return
        step: Any = self
        step._validate_configuration(c.app)
        # Use a new connection to the same node, because upstream's functions leave their channels open.
        with c.connection.clone() as connection:
            queue_type = c.app.conf.broker_native_delayed_delivery_queue_type
            self._declare_queues(c.app, connection)
            declare_native_delayed_delivery_exchanges_and_queues(connection, queue_type)
            step._bind_queues(c.app, connection)
        for queue in queues:
            queue.no_declare = True

    def _declare_queues(self, app: Any, connection: Any) -> None:
        """Declare the queues of all pools: a missing queue cannot be bound, and upstream only logs that."""
        with connection.channel() as channel:
            for queue in app.amqp.queues.values():
                queue(channel).declare()


class Consumer(consumer.Consumer):
    """Celery's consumer with the guarded step instead of its own."""

    class Blueprint(consumer.Consumer.Blueprint):  # type: ignore[misc, valid-type]
        """The same steps in the same order."""

        default_steps = [  # noqa: RUF012 - as upstream has it
            f"{__name__}:DelayedDelivery" if step == _STEP else step
            for step in consumer.Consumer.Blueprint.default_steps
        ]
