"""The Celery app. Importing it reads no file and opens no connection: settings are read at first use.

Example: `from app.tasks.payments import charge_customer; charge_customer.delay("order-1", 1999, "EUR")`
"""

import time
from datetime import datetime
from typing import Any

from celery import Celery

from app.brokers import broker_of
from app.brokers.interface import PUBLISH_BUDGET_SECONDS
from app.brokers.priorities import prioritised
from app.configuration import configuration
from app.guards import transports
from app.guards.bounded_publish import budget
from app.guards.declared_once import declared_once
from app.guards.whole_second_delay import whole_seconds
from app.observability import counts, outcome, traces
from app.refusals import refuse, refused_in_words
from app.settings import runtime

# Headers of our own that follow a task to those it sends: a run's tasks are counted together.
INHERITED_HEADERS = ("run_id",)


class PlatformCelery(Celery):
    """Celery with what every published message gets, whichever way it is published."""

    task_cls = "app.reliability.task:ReliableTask"
    control_cls = "app.guards.control_queue:Control"

    def send_task(  # type: ignore[override]
        self,
        name: str,
        args: Any = None,
        kwargs: Any = None,
        countdown: float | None = None,
        eta: datetime | str | None = None,
        **options: Any,
    ) -> Any:
        """Publish a task: delays in whole seconds, the broker's own delay where it has one, the time of sending."""
        delay = refuse(runtime().environment, name, whole_seconds(countdown, eta), options)
        # A task's options come with a `None` for each that it does not set.
        given = {key: value for key, value in options.items() if value is not None}
        options = broker_of(runtime()).publish_options(delay) | prioritised(runtime().environment, name, given)
        options["headers"] = self._headers(options.get("headers"))
        with budget(PUBLISH_BUDGET_SECONDS), refused_in_words(name), declared_once(self, name):
            return super().send_task(name, args, kwargs, countdown=delay, **options)

    def _headers(self, given: dict[str, Any] | None) -> dict[str, Any]:
        headers = dict(given or {})
        # A retry brings the header of the first message along, so it says when the work was first asked for.
        headers.setdefault("sent_at", time.time())
        parent = self.current_worker_task
        for name in INHERITED_HEADERS:
            value = getattr(parent.request, name, None) if parent else None
            if value is not None:
                headers.setdefault(name, value)
        return headers


def _configured() -> dict[str, Any]:
    """In producers and workers alike, tracing starts at the first use of the settings, before anything is published."""
    settings = configuration()
    traces.start_traces(runtime().environment.name, runtime().environment.prefix)
    return settings


transports.install()
celery = PlatformCelery("app", set_as_current=True)
celery.add_defaults(_configured)
counts.connect()
outcome.stamp_messages()
