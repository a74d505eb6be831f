"""Refuses a chord whose parts keep no results, because its body would wait for ever or run without them.

A task or a call turns its result off (`ignore_result`), or an application those of all its tasks
(`task_ignore_result`). Celery's documentation forbids that in chords. On the Redis backend such a body was
seen to run nevertheless; on backends that poll it does not.
"""

from collections.abc import Mapping
from typing import Any

from celery_platform.errors import RefusedMessageError


def refuse_a_chord_without_results(task: str, options: Mapping[str, Any]) -> None:
    """Check one part of a chord's header; when a part is refused, nothing of the chord is sent.

    Raises:
        RefusedMessageError: the part ignores its result.
    """
    if options.get("chord") and options.get("ignore_result"):
        raise RefusedMessageError(
            expected=f"{task} to keep its result, as a part of a chord",
            found="ignore_result=True",
            remedy="Declare the task with ignore_result=False, or use a group if nobody needs the results.",
        )
