"""kombu's SQS transport, guarded: a queue is polled on whatever SQS answers, and errors of boto are in words."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.transport import SQS

from celery_platform.brokers.sqs.priorities import InOrder
from celery_platform.errors import PublishError
from celery_platform.refusals.size import Sized
from celery_platform.settings.foreign_answers import refuse_foreign_answers
from celery_platform.transports.sqs.groups import OneOfEachGroup
from celery_platform.transports.sqs.polled_in_turn import PolledInTurn
from celery_platform.transports.sqs.refused_polls import RefusedPolls


class Channel(Sized, InOrder, OneOfEachGroup, PolledInTurn, RefusedPolls):
    """Polls in order and whatever comes; says in words what it could not send."""

    _quiet: dict[str, tuple[float, float]]

    def _new_boto_client(self, *args: Any, **options: Any) -> Any:
        return refuse_foreign_answers(super()._new_boto_client(*args, **options))  # type: ignore[misc]

    def _put(self, queue: str, message: Any, **options: Any) -> None:
        """Send one message; kombu lets boto's own errors through, which no caller of Celery expects.

        Raises:
            PublishError: SQS did not take it, or did not say.
        """
        try:
            super()._put(queue, message, **options)
        except (BotoCoreError, ClientError) as error:
            raise PublishError(
                expected=f"SQS to take a message for {queue}",
                found=str(error),
                remedy="It may have been taken all the same: send it again under the same task id.",
            ) from error

    def expected_polls(self) -> list[str]:
        """Every queue that is consumed, but for those that wait until another is empty."""
        return [queue for queue in super().expected_polls() if queue not in self._quiet]


class Transport(SQS.Transport):
    """kombu's SQS transport with the guarded channel."""

    Channel = Channel
