"""Messages after the pattern of two that Celery made: only what differed between the two is made for each."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from celery import Task, signals
from celery.utils.saferepr import saferepr
from kombu.utils.json import dumps as kombu_dumps

from celery_platform.publishing.capture import Message

SENT_AT = "sent_at"
PLAIN = (int, float, bool, type(None))
_NEVER = object()


class Pattern:
    """Makes the messages of calls that are published together: of one task, with the same options (`stated`)."""

    def __init__(
        self, task: Task[Any, Any], first: Message, second: Message, embed: Any, stated: Collection[str]
    ) -> None:
        self._task = task
        self._embed = embed
        self._first = first
        amqp = task.app.amqp
        self._longest = (amqp.argsrepr_maxsize, amqp.kwargsrepr_maxsize, task.app.conf.task_repr_maxlevels)
        # What the call states (`argsrepr`, so that a message does not show what it carries) is every message's.
        made = ({"id", "argsrepr", "kwargsrepr", SENT_AT} & first.headers.keys()) - set(stated)
        if first.headers["root_id"] == first.task_id:
            made.add("root_id")
        differing = {name for name, value in first.headers.items() if second.headers.get(name, _NEVER) != value}
        # What differed and is not made here, the listeners of Celery's signal have to put there again.
        self._listeners_own = differing - made
        self._made = made
        self.constant = {name: first.headers[name] for name in first.headers.keys() - made - self._listeners_own}
        self.usable = self._alike(second)

    def _alike(self, second: Message) -> bool:
        """Whether the second message differs from the first only where every message may."""
        first = self._first
        return (
            first.headers.keys() == second.headers.keys()
            and (first.exchange, first.routing_key) == (second.exchange, second.routing_key)
            and first.properties | {"correlation_id": second.task_id} == second.properties
            and first.properties.get("correlation_id") == first.task_id
            and first.properties["content_type"] == "application/json"
            and "compression" not in first.headers
        )

    def message(self, args: Sequence[Any], kwargs: Mapping[str, Any], task_id: str) -> Message | None:
        """The message of one call, or `None` where a listener asks for more than this can give.

        Its `headers` hold only what is not in `constant`.

        Raises:
            TypeError: the task does not take these arguments, or they cannot be serialized.
        """
        if self._task.typing:
            self._task.__header__(*args, **kwargs)  # type: ignore[attr-defined]
        most_args, most_kwargs, levels = self._longest
        values = {
            "id": task_id,
            "root_id": task_id,
            "argsrepr": _shown(tuple(args), most_args, levels) if "argsrepr" in self._made else None,
            "kwargsrepr": _shown(kwargs, most_kwargs, levels) if "kwargsrepr" in self._made else None,
            SENT_AT: time.time(),
        }
        headers = {name: values[name] for name in self._made}
        body = (tuple(args), dict(kwargs), self._embed)
        first = self._first
        listeners = signals.before_task_publish.receivers
        if listeners and not self._listened(headers, body, task_id):
            return None
        if self._listeners_own and not listeners:
            return None  # a time counted from the call: an ETA, an expiry
        return Message(task_id, first.exchange, first.routing_key, first.properties, headers, _serialized(body))

    def _listened(self, headers: dict[str, Any], body: Any, task_id: str) -> bool:
        """Let the listeners of Celery's signal see the message; false when they changed what is not a header."""
        whole = self.constant | headers
        properties = self._first.properties | {"correlation_id": task_id}
        signals.before_task_publish.send(
            sender=self._task.name, body=body, exchange=self._first.exchange, routing_key=self._first.routing_key,
            declare=[], headers=whole, properties=properties, retry_policy={},
        )  # fmt: skip
        headers.update({name: value for name, value in whole.items() if self.constant.get(name, _NEVER) is not value})
        kept = whole.keys() >= self.constant.keys() and self._listeners_own <= whole.keys()
        same = all(whole[name] is value for name, value in self.constant.items()) if kept else False
        return same and properties == self._first.properties | {"correlation_id": task_id}


def _serialized(body: Any) -> bytes:
    try:
        return json.dumps(body).encode()
    except TypeError:
        # kombu's encoder knows times, decimals and UUIDs, and takes three times as long.
        return str(kombu_dumps(body)).encode()


def _shown(value: Any, longest: int, levels: int) -> str:
    """Arguments as text, as Celery has them in the headers `argsrepr` and `kwargsrepr`."""
    values = value.values() if isinstance(value, Mapping) else value
    if len(values) < 8 and not isinstance(value, Mapping) and all(type(each) in PLAIN for each in values):
        return repr(tuple(value))
    if not values:
        return repr(value)
    return str(saferepr(value, longest, maxlevels=levels))
