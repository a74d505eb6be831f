"""Making messages visible again, so that another worker may have them before their visibility timeout is over."""

import logging
import time
from typing import Any

from botocore.exceptions import ClientError

from celery_platform.guards.answers import back_off
from celery_platform.reliability.signals import broker_refused
from celery_platform.transports.sqs.limits import MESSAGES

logger = logging.getLogger(__name__)

OPERATION = "ChangeMessageVisibilityBatch"
# With the back-off between them 1 to 2 s: who gives messages back is about to end, and the event loop waits.
ATTEMPTS = 3


def make_visible(client: Any, url: str, receipts: list[str]) -> None:
    """Make the messages of these receipt handles visible at once; those that cannot be are said in the log.

    Example: `make_visible(client, url, [message["ReceiptHandle"]])`
    """
    for attempt in range(1, ATTEMPTS + 1):
        left: list[str] = []
        for begin in range(0, len(receipts), MESSAGES):
            left += _refused(client, url, receipts[begin : begin + MESSAGES])
        if not left:
            return
        receipts = left
        if attempt < ATTEMPTS:
            time.sleep(back_off(attempt))
    logger.warning("%s messages of %s come again after their visibility timeout only", len(receipts), url)


def _refused(client: Any, url: str, receipts: list[str]) -> list[str]:
    """Ask once for up to ten; returns those that may be asked for again."""
    entries = [
        {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0} for number, receipt in enumerate(receipts)
    ]
    try:
        answer = client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    except Exception as error:  # of a client, or of boto's parser for an answer that is not SQS's
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        broker_refused.send(sender=None, operation=OPERATION, answer=code)
        logger.warning("%s of %s is refused: %s", OPERATION, url, error)
        return receipts
    failed = answer.get("Failed", [])
    for each in failed:
        broker_refused.send(sender=None, operation=OPERATION, answer=each["Code"])
    # What is the caller's fault stays so: the message was deleted, or its receipt is over.
    return [receipts[int(each["Id"])] for each in failed if not each["SenderFault"]]
