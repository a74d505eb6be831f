"""py-amqp does not know what it delivered: the channel of pools without a faster one remembers it here."""

from collections.abc import Callable
from typing import Any

from celery_platform.transports.amqp import bounded_waits
from celery_platform.transports.held import KnowsHeld


class Channel(bounded_waits.Channel, KnowsHeld):
    """A channel with bounded waits that knows what its consumers hold."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: set[Any] = set()

    def basic_consume(self, *args: Any, callback: Any = None, no_ack: bool = False, **kwargs: Any) -> Any:
        """Consume, and remember what is delivered, unless nobody is to acknowledge it."""
        if callback is not None and not no_ack:
            callback = self._remembering(callback)
        consume: Any = super().basic_consume
        return consume(*args, callback=callback, no_ack=no_ack, **kwargs)

    def _remembering(self, receive: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def delivered(message: Any) -> Any:
            self._held.add(message.delivery_tag)
            return receive(message)

        return delivered

    def basic_ack(self, delivery_tag: int, multiple: bool = False, argsig: str = "Lb") -> None:
        """Acknowledge a delivery, or with `multiple` all up to it."""
        self._held.discard(delivery_tag)
        if multiple:
            self._held = {tag for tag in self._held if tag > delivery_tag}
        super().basic_ack(delivery_tag, multiple, argsig)

    def basic_reject(self, delivery_tag: int, requeue: bool, argsig: str = "Lb") -> None:
        """Reject a delivery."""
        self._held.discard(delivery_tag)
        super().basic_reject(delivery_tag, requeue, argsig)

    def held(self) -> set[Any]:
        """Return the delivery tags of what was delivered to consumers and is not settled."""
        return set(self._held)
