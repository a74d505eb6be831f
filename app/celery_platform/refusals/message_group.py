"""Refuses a message group on a broker that would not keep it in order.

Messages of one group run one after the other in a FIFO queue; on a standard queue SQS shares consumers out fairly among
groups. Other brokers would accept the option and ignore it.
"""

import re
from collections.abc import Mapping
from typing import Any

from celery_platform.broker_kinds import BrokerKind, kinds_where
from celery_platform.errors import RefusedMessageError
from celery_platform.reliability.message_group import OPTION
from celery_platform.settings import QueueSettings

# SQS API reference, SendMessage: up to 128 letters, digits and punctuation, no space.
_ALLOWED = re.compile(r"[!-~]{1,128}")


def refuse_a_group_that_nothing_keeps(
    task: str, queue: QueueSettings, options: Mapping[str, Any], kind: BrokerKind
) -> None:
    """Compare a call's `MessageGroupId` with what a broker of this kind does with it.

    Raises:
        RefusedMessageError: the broker knows no groups, or SQS would refuse this one.

    Example: `ship.apply_async((order,), MessageGroupId=f"customer-{order.customer}")`
    """
    group = options.get(OPTION)
    if group is None:
        return
    if not kind.facts.fifo:
        ordered = kinds_where(lambda facts: facts.fifo)
        raise RefusedMessageError(
            expected=f"{OPTION} of {task} on SQS, which keeps the messages of a group in order",
            found=f"{group!r} on {kind}",
            remedy=f"Leave it out, or use broker.kind: {ordered} and queues.{queue.label}.fifo: true.",
        )
    if not isinstance(group, str) or not _ALLOWED.fullmatch(group):
        raise RefusedMessageError(
            expected=f"{OPTION} of {task}: 1 to 128 letters, digits and punctuation, without a space",
            found=repr(group),
            remedy="Use an id, or a digest of what tells the groups apart.",
        )
