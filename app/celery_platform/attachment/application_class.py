"""The class of an attached Celery instance: how it publishes, registers tasks and reads settings.

It is mixed in before the instance's own class, so that an application's subclass of Celery keeps working.
"""

import time
from datetime import datetime
from typing import Any

from celery import Celery
from celery.app.routes import Router
from kombu.utils.objects import cached_property

from celery_platform.attachment.default_instance import BY_ATTACH
from celery_platform.attachment.expiry import expiry
from celery_platform.attachment.limits import limits_of_call
from celery_platform.attachment.settings import apply_settings, refuse_without_broker
from celery_platform.attachment.tasks import give_guarantees
from celery_platform.brokers import broker_of
from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS
from celery_platform.brokers.priorities import prioritised
from celery_platform.guards.declared_once import declared_once
from celery_platform.guards.whole_second_delay import whole_seconds
from celery_platform.later import keep_until_due
from celery_platform.refusals import refuse, refused_in_words
from celery_platform.routes import addressed, name_for_route, queue_of_routed, routed
from celery_platform.settings import runtime
from celery_platform.settings.chosen import is_chosen
from celery_platform.transports.amqp.publish_budget import budget

# The platform's headers that a task passes on to the tasks it sends, so that the tasks of a run are counted together.
INHERITED_HEADERS = ("run_id",)
# Attributes of an instance: the settings to which the platform's were applied, and the lock for doing so.
_APPLIED, LOCK = "_platform_settings_applied_to", "_platform_settings_lock"


def _unpickled(make: Any, own: type[Celery], *rest: Any) -> Any:
    from celery_platform.attachment.attach import attach

    return attach(make(own, *rest))


class PlatformApp(Celery):
    """Celery with the platform's handling of every message and every task, however it is published or registered."""

    # The class of the instance before it was attached.
    own_class: type[Celery] = Celery

    @property
    def conf(self) -> Any:
        """The settings, which include the platform's from the first use on."""
        conf = super().conf
        if self._lacks_settings(conf):
            with vars(self)[LOCK]:
                self._apply_settings(conf)
        return conf

    @conf.setter
    def conf(self, settings: Any) -> None:
        self._conf = settings

    def _load_config(self) -> Any:
        with vars(self)[LOCK]:
            conf = super()._load_config()  # type: ignore[misc]
            self._apply_settings(conf)
            return conf

    def _lacks_settings(self, conf: Any) -> bool:
        """Whether the platform's settings must be applied: also if `config_from_object` has made Celery reload them."""
        applied = vars(self).get(_APPLIED)
        done = applied is not None and applied[0] is conf.maps[0] and applied[1]
        return not done and self.configured and is_chosen()  # type: ignore[attr-defined]

    def _apply_settings(self, conf: Any) -> None:
        """Apply the settings once per load. Other threads wait, or they would open pools with Celery's defaults."""
        applied = vars(self).get(_APPLIED)
        if not is_chosen() or (applied is not None and applied[0] is conf.maps[0]):
            return
        vars(self)[_APPLIED] = (conf.maps[0], False)  # set before, because computing the settings reads others
        try:
            apply_settings(self, conf)
        except BaseException:
            del vars(self)[_APPLIED]
            raise
        vars(self)[_APPLIED] = (conf.maps[0], True)

    @cached_property
    def control(self) -> Any:
        """Remote control with the guard `guards.control_queue`; refused on brokers that do not support it."""
        if not is_chosen():
            return super().control
        from celery_platform.guards.control_queue import Control

        return Control(app=self)

    def set_default(self) -> None:
        """Like Celery's. An instance that is attached later does not override this choice."""
        vars(self).pop(BY_ATTACH, None)
        super().set_default()

    def _task_from_fun(self, *args: Any, **options: Any) -> Any:
        return give_guarantees(super()._task_from_fun(*args, **options))

    def finalize(self, auto: bool = False) -> None:
        """Like Celery's. Tasks that were declared before the instance was attached get the guarantees too."""
        before: bool = self.finalized  # type: ignore[attr-defined]
        super().finalize(auto)
        if before:  # called again, possibly while Celery is still declaring a task
            return
        for task in self._tasks.values():  # type: ignore[attr-defined] # `tasks` would finalize again
            give_guarantees(task)

    def __reduce__(self) -> Any:
        """Pickle the instance as one of its own class, which can be imported; unpickling attaches it again."""
        reduced: Any = super().__reduce__()
        make, (_attached, *rest) = reduced
        return _unpickled, (make, self.own_class, *rest)

    def register_task(self, task: Any, **options: Any) -> Any:
        """Like Celery's. Instances of an application's own task class get the guarantees too."""
        return give_guarantees(super().register_task(task, **options))

    def send_task(  # type: ignore[override]
        self,
        name: str,
        args: Any = None,
        kwargs: Any = None,
        countdown: float | None = None,
        eta: datetime | str | None = None,
        **options: Any,
    ) -> Any:
        """Publish a task with the platform's routing, limits, delays and headers."""
        if not is_chosen():
            refuse_without_broker(self, options)
            return super().send_task(name, args, kwargs, countdown=countdown, eta=eta, **options)  # type: ignore[arg-type]
        # A task's options come with a `None` for each that it does not set.
        given = {key: value for key, value in options.items() if value is not None}
        environment = runtime().environment
        route_name = name_for_route(given.get("route_name") or name, name, kwargs)
        given = routed(self, route_name, given, args, kwargs)
        options |= given
        queue = queue_of_routed(self, route_name, given)
        limits = limits_of_call(self, queue, name, options)
        options |= limits
        given |= limits
        delay = whole_seconds(countdown, eta, self.timezone)
        refuse(queue, name, delay, options)
        options = prioritised(environment, queue, addressed(given)) | {"router": self._queues_only()}
        options["headers"] = self._headers(options.get("headers")) | expiry(self, options.pop("expires", None))
        if delay is not None and delay > queue.max_countdown:
            with refused_in_words(name):
                return keep_until_due(self, super().send_task, name, args, kwargs, delay, options)
        options = broker_of(runtime()).publish_options(delay) | options
        with budget(PUBLISH_BUDGET_SECONDS), refused_in_words(name), declared_once(self, name, options["queue"]):
            return super().send_task(name, args, kwargs, countdown=delay, **options)

    def _queues_only(self) -> Any:
        """Celery's router without routes, because the queue is already decided and routes must be called only once."""
        return Router(routes=(), queues=self.amqp.queues, create_missing=False, app=self)

    def _headers(self, given: dict[str, Any] | None) -> dict[str, Any]:
        headers = dict(given or {})
        # A retry has the header of the first message, so the header is the time of the original call.
        headers.setdefault("sent_at", time.time())
        parent = self.current_worker_task
        for name in INHERITED_HEADERS:
            value = getattr(parent.request, name, None) if parent else None
            if value is not None:
                headers.setdefault(name, value)
        return headers
