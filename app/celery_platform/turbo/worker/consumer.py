"""The consumer of a turbo process: hands messages to strategies, without the objects that Celery makes for each."""

from collections.abc import Callable
from functools import partial
from typing import Any

from celery.worker import state
from celery.worker.consumer import Consumer as StockConsumer
from kombu.asynchronous.hub import Hub

from celery_platform.guards.message_errors import handle_each_alone
from celery_platform.turbo.worker.fast_strategy import FastStrategy
from celery_platform.turbo.worker.pool import TaskPool


class Consumer(StockConsumer):
    """Celery's consumer, which tries a task's fast strategy first. For Celery's setting `worker_consumer`."""

    hub: Hub
    strategies: dict[str, FastStrategy | Callable[..., Any]]
    on_task_message: set[Any]
    connection_errors: tuple[type[Exception], ...]
    channel_errors: tuple[type[Exception], ...]
    _maximum_prefetch_restored: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.pool, TaskPool):
            self.initial_prefetch_count = self._window(self.pool)

    def _window(self, pool: TaskPool) -> int:
        """The prefetch count, which RabbitMQ applies to each queue."""
        usual = int(self.initial_prefetch_count)
        if pool.cautious:
            return 1
        if pool.most_held is None or not usual:
            return usual
        return max(1, min(usual, pool.most_held // len(self.app.amqp.queues.consume_from)))

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """The function that is called with each message.

        Those without the name of a known task, and all while Celery restores the prefetch count after a reconnect, go
        Celery's way.
        """
        stock = handle_each_alone(self, super().create_task_handler(*args, **kwargs))
        strategies, callbacks = self.strategies, self.on_task_message

        def on_task_received(message: Any) -> Any:
            if state.should_stop is not None or state.should_terminate is not None:
                # It arrived while the worker stops: the broker delivers it to another.
                return None
            name = message.headers.get("task")
            if name is not None and type(name) is not str:
                return self.on_unknown_message(None, message)
            strategy = strategies.get(name or "")
            if (
                isinstance(strategy, FastStrategy)
                and self._maximum_prefetch_restored
                and strategy.fast(message, callbacks)
            ):
                return None
            return stock(message)

        return on_task_received

    def call_soon_ack(self, p: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Settle at once: an acknowledgement only joins those that wait for the next write.

        Celery would put it off to the next turn of the loop, which may never come when the worker stops.
        """
        settle = partial(p, *args, **kwargs)
        settle()
        return settle
