"""The settings of an attached application: its own and the platform's, and the refusal if they contradict each other.

Celery looks up a setting in this order: values set on `conf`, values read by `config_from_object`, defaults. The
platform's values are set on `conf`, so they apply. Before that, they are compared with those of the application.
"""

import os
from collections.abc import Mapping
from typing import Any

from celery_platform.attachment.configuration import configuration
from celery_platform.attachment.hidden import shown
from celery_platform.attachment.ownership import PLATFORM, Owner, owner_of
from celery_platform.brokers import broker_of
from celery_platform.errors import SettingsError
from celery_platform.guards import results_away
from celery_platform.observability import counts, outcome, traces
from celery_platform.refusals.serializer import content_types
from celery_platform.routes import own_default
from celery_platform.settings import runtime
from celery_platform.transports import registration

NOTHING = object()
# Variables of the process that Celery prefers to any setting (celery.app.utils.Settings).
VARIABLES = {
    name: f"CELERY_{name.upper()}" for name in ("broker_url", "broker_read_url", "broker_write_url", "result_backend")
}
# The attribute of an application's instance with the settings that the platform set.
_SET = "_platform_values"
# Settings that are only valid for the platform's own result store.
OF_OUR_STORE = ("result_backend", "redis_backend_use_ssl", "result_backend_transport_options")


def apply_settings(app: Any, conf: Any) -> None:
    """Set the platform's settings on `conf`, and start this process's traces, counts and guards.

    Raises:
        SettingsError: the application sets a different value of a setting that the platform owns.
        BrokerError: the broker lacks what the environment describes.
    """
    ours = configuration()
    refuse_contradictions(conf, ours)
    refuse_unsupported(conf, ours)
    registration.install()
    left = set(OF_OUR_STORE) if stated(conf, "result_backend") is not NOTHING else set()
    given = {name: value for name, value in ours.items() if name not in left and not _is_left_to(conf, name)}
    conf.update(given)
    vars(app)[_SET] = given
    own_default(app, runtime().environment)
    if not left:
        results_away.subscribe_when_waiting(app)
    # Before traces, whose span of a task ends with the same signal: the line of an outcome names its trace.
    counts.connect()
    traces.start_traces(runtime().environment.name, runtime().environment.prefix)
    outcome.stamp_messages()


def stated(conf: Any, setting: str) -> Any:
    """The value that the application itself gives a setting, in any of Celery's ways; `NOTHING` if it sets none.

    Example: `stated(app.conf, "task_acks_late") is NOTHING`
    """
    variable = os.environ.get(VARIABLES.get(setting, ""))
    if variable:
        return variable
    *given, _defaults = conf.maps
    for keys in given:
        for key in map(conf._key, conf._to_keys(setting)):
            if key in keys:
                return keys[key]
    return NOTHING


def set_by_platform(app: Any) -> Mapping[str, Any]:
    """The settings that the platform has set on an attached application; empty before its first use.

    Example: `"broker_url" in set_by_platform(celery)`
    """
    given: Mapping[str, Any] = vars(app).get(_SET, {})
    return given


def refuse_contradictions(conf: Any, ours: dict[str, Any]) -> None:
    """Compare each setting that the platform owns with the application's value, before the platform's is set.

    Raises:
        SettingsError: it lists every setting that differs, with both values.
    """
    _refuse_others({name: stated(conf, name) for name in PLATFORM}, conf, ours)


def refuse_later_changes(app: Any) -> None:
    """Compare the settings again after an application's modules were imported, because they may have changed one.

    Raises:
        SettingsError: as `refuse_contradictions`.

    Example: `refuse_later_changes(celery)`, before a worker starts
    """
    _refuse_others({name: app.conf.get(name) for name in PLATFORM}, app.conf, set_by_platform(app))


def _refuse_others(theirs: Mapping[str, Any], conf: Any, ours: Mapping[str, Any]) -> None:
    problems = [
        f"{name} is {shown(name, value)}, {_ours(name, ours)} ({PLATFORM[name]}{_where(name)})"
        for name, value in theirs.items()
        # An empty variable, or TLS settings of None, count as not set.
        if value not in (NOTHING, None, "") and not _same(name, value, ours.get(name, theirs_default(conf, name)))
    ]
    if problems:
        raise SettingsError(
            expected="the application not to change settings that the platform owns",
            found="; ".join(problems),
            remedy="Remove them, or set them only without an environment: "
            "`if not celery_platform.is_chosen():`. The table of owners is in celery_platform/attachment/README.md.",
        )


def _ours(name: str, ours: Mapping[str, Any]) -> str:
    return f"the platform's is {shown(name, ours[name])}" if name in ours else "but the platform decides it"


def theirs_default(conf: Any, setting: str) -> Any:
    """Celery's own default. Setting it does not contradict a setting that the platform leaves unset."""
    return conf.maps[-1].get(setting)


def refuse_unsupported(conf: Any, ours: dict[str, Any]) -> None:
    """Compare the settings that the application may choose with what the environment supports.

    Raises:
        SettingsError: workers would refuse messages with this serializer, or the broker does not support events.
    """
    accepted = ours["accept_content"]
    serializer = stated(conf, "task_serializer")
    if serializer is not NOTHING and not content_types([serializer]) <= content_types(accepted):
        raise SettingsError(
            expected=f"task_serializer to be one of application.accept_content: {', '.join(accepted)}",
            found=repr(serializer),
            remedy="Add it to application.accept_content of the environment file, or remove the setting.",
        )
    events = stated(conf, "worker_send_task_events")
    if events is not NOTHING and events and not broker_of(runtime()).remote_control:
        raise SettingsError(
            expected="worker_send_task_events off, because the broker cannot broadcast",
            found=f"{events!r} on {runtime().environment.broker_kind}",
            remedy="Remove it: `app status` and the workers' metrics show what they do.",
        )


def _same(setting: str, theirs: Any, ours: Any) -> bool:
    """Whether both values are equivalent: content types may have other names, and lists may be tuples."""
    if setting == "accept_content":
        return content_types(theirs) == content_types(ours)
    if isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
        return list(theirs) == list(ours)
    return bool(theirs == ours)


def refuse_without_broker(app: Any, options: Mapping[str, Any]) -> None:
    """Without an environment, an attached application must have its own broker to publish.

    Raises:
        SettingsError: it has none; Celery would try a RabbitMQ on this machine.
    """
    from celery_platform.settings.chosen import VARIABLE

    if any(options.get(name) for name in ("connection", "producer", "publisher")):
        return
    if app.conf.broker_url is None and app.conf.broker_write_url is None:
        raise SettingsError(
            expected=f"an environment ({VARIABLE}), or the application's own broker_url",
            found="neither",
            remedy="Name an environment, as in `app run --env local -- python ...`, or set task_always_eager in tests.",
        )


def _is_left_to(conf: Any, name: str) -> bool:
    return owner_of(name) is not Owner.PLATFORM and stated(conf, name) is not NOTHING


def _where(setting: str) -> str:
    """The note that a setting comes from a variable of the process, because it cannot be found in the code."""
    variable = VARIABLES.get(setting, "")
    return f"; from the variable {variable}" if os.environ.get(variable) else ""
