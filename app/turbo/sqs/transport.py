"""The SQS transport that every process of the app uses."""

from typing import Any

from app.guards import sqs_server_error
from app.turbo.sqs.deletes import Deletes, Done
from app.turbo.sqs.polls import PatientPolls
from app.turbo.sqs.sends import BatchedSends
from app.turbo.versions import tested


class Channel(PatientPolls, BatchedSends, sqs_server_error.Channel):
    """Gathers acknowledgements in a worker. A process without an event loop, such as a command, has each done at once.

    A worker that is killed may have finished up to a fifth of a second's tasks whose messages come again: make effects
    idempotent, as with every late acknowledgement.
    """

    hub: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deletes = Deletes()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Delete the message with the next batch; its place in the prefetch window is free at once."""
        done = self._done(delivery_tag) if self.hub is not None else None
        if done is None:
            super().basic_ack(delivery_tag, multiple)
            return
        self.qos.ack(delivery_tag)
        self.deletes.add(done)
        self.room_made()

    def _done(self, delivery_tag: str) -> Done | None:
        try:
            info = self.qos.get(delivery_tag).delivery_info
            receipt, url = info["sqs_message"]["ReceiptHandle"], info["sqs_queue"]
        except KeyError:
            return None
        name = self.canonical_queue_name(info["routing_key"]) if "routing_key" in info else None
        return Done(self.sqs(queue=name), url, receipt)

    def flush_acknowledgements(self) -> None:
        """Wait for what is gathered, before a process ends."""
        self.deletes.flush()

    def close(self) -> None:
        """Give back what is not acknowledged, after what is."""
        self.deletes.close()
        super().close()


class GatheringTransport(sqs_server_error.Transport):
    """kombu's SQS transport with that channel."""

    Channel = Channel


Transport = GatheringTransport if tested() else sqs_server_error.Transport
