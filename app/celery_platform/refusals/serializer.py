"""Refuses a serializer that workers do not accept: the message would be dead-lettered when it arrives."""

from collections.abc import Iterable, Mapping
from typing import Any

from celery_platform.errors import RefusedMessageError


def refuse_a_serializer_that_no_worker_takes(task: str, options: Mapping[str, Any], accepted: Iterable[str]) -> None:
    """Compare a call's `serializer`, which its declaration or route may say, with `application.accept_content`.

    Raises:
        RefusedMessageError: workers do not accept the serializer.
    """
    serializer = options.get("serializer")
    if serializer is None or content_types([serializer]) <= content_types(accepted):
        return
    raise RefusedMessageError(
        expected=f"a serializer of {task} that workers accept (application.accept_content: {', '.join(accepted)})",
        found=repr(serializer),
        remedy="Leave it out, or add it to application.accept_content of the environment file.",
    )


def content_types(names: Iterable[str] | None) -> set[str]:
    """Return the content types by which kombu knows these serializers.

    Example: `content_types(["json"]) == {"application/json"}`
    """
    from kombu.serialization import registry  # type: ignore[attr-defined]

    return {registry.name_to_type.get(name, name) for name in names or ()}
