"""The queues that a command works on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celery_platform.settings import QueueSettings


def chosen_queues(label: str) -> "list[QueueSettings]":
    """Return the queue with this label, or all queues when the label is empty.

    Raises:
        SettingsError: the environment has no such queue.
    """
    from celery_platform.settings import runtime

    return [known_queue(label)] if label else list(runtime().environment.queues.values())


def known_queue(label: str) -> "QueueSettings":
    """Return the queue with this label, for a command that works on one: an empty label, as a script's, is none.

    Raises:
        SettingsError: the environment has no such queue.
    """
    from celery_platform.errors import SettingsError
    from celery_platform.settings import runtime

    queues = runtime().environment.queues
    if label not in queues:
        raise SettingsError(
            expected="the label of a queue", found=repr(label), remedy=f"Use one of: {', '.join(sorted(queues))}."
        )
    return queues[label]
