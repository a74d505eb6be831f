"""The settings of an attached application: its own, the platform's, and what happens where they contradict.

Celery looks a setting up in this order: what was set on `conf`, what `config_from_object` read, the defaults. The
platform's values are set on `conf`, so they count; before that every one that the application states is compared.
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
# What Celery reads from the process's environment before any setting (celery.app.utils.Settings).
VARIABLES = {
    name: f"CELERY_{name.upper()}" for name in ("broker_url", "broker_read_url", "broker_write_url", "result_backend")
}
# Where an application's instance keeps what the platform set.
_SET = "_platform_values"
# What is of the platform's result store and of no other.
OF_OUR_STORE = ("result_backend", "redis_backend_use_ssl", "result_backend_transport_options")


def apply_settings(app: Any, conf: Any) -> None:
    """Set the platform's settings on `conf`, and from here on trace, count and guard what this process does.

    Raises:
        SettingsError: the application states another value of a setting that the platform owns.
        BrokerError: the broker lacks what the environment describes.
    """
    ours = configuration()
    refuse_contradictions(conf, ours)
    refuse_what_no_worker_takes(conf, ours)
    registration.install()
    left = set(OF_OUR_STORE) if stated(conf, "result_backend") is not NOTHING else set()
    given = {name: value for name, value in ours.items() if name not in left and not _is_left_to(conf, name)}
    conf.update(given)
    vars(app)[_SET] = given
    own_default(app, runtime().environment)
    if not left:
        results_away.subscribe_when_waiting(app)
    traces.start_traces(runtime().environment.name, runtime().environment.prefix)
    counts.connect()
    outcome.stamp_messages()


def stated(conf: Any, setting: str) -> Any:
    """The value that the application itself gives a setting, in whichever of Celery's ways; `NOTHING` if it does not.

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
    """The settings that the platform gave an attached application, with their values; none before its first use.

    Example: `"broker_url" in set_by_platform(celery)`
    """
    given: Mapping[str, Any] = vars(app).get(_SET, {})
    return given


def refuse_contradictions(conf: Any, ours: dict[str, Any]) -> None:
    """Compare each setting that the platform owns with what the application states, before the platform's are set.

    Raises:
        SettingsError: naming every one that differs, with both values.
    """
    _refuse_others({name: stated(conf, name) for name in PLATFORM}, conf, ours)


def refuse_later_changes(app: Any) -> None:
    """Compare them again when an application's modules were imported: one may have changed a setting since it was read.

    Raises:
        SettingsError: as `refuse_contradictions`.

    Example: `refuse_later_changes(celery)`, before a worker starts
    """
    _refuse_others({name: app.conf.get(name) for name in PLATFORM}, app.conf, set_by_platform(app))


def _refuse_others(theirs: Mapping[str, Any], conf: Any, ours: Mapping[str, Any]) -> None:
    problems = [
        f"{name} is {shown(name, value)}, {_ours(name, ours)} ({PLATFORM[name]}{_where(name)})"
        for name, value in theirs.items()
        # A variable that is not set, or a broker without TLS, states nothing.
        if value not in (NOTHING, None, "") and not _same(name, value, ours.get(name, theirs_default(conf, name)))
    ]
    if problems:
        raise SettingsError(
            expected="settings of the application that leave the platform's alone",
            found="; ".join(problems),
            remedy="Take them out, or state them only where there is no platform: "
            "`if not celery_platform.is_chosen():`. The table of owners is in celery_platform/attachment/README.md.",
        )


def _ours(name: str, ours: Mapping[str, Any]) -> str:
    return f"the platform's is {shown(name, ours[name])}" if name in ours else "where the platform decides"


def theirs_default(conf: Any, setting: str) -> Any:
    """Celery's own default: stating it contradicts nothing that the platform leaves unset."""
    return conf.maps[-1].get(setting)


def refuse_what_no_worker_takes(conf: Any, ours: dict[str, Any]) -> None:
    """Compare what the application may choose with what the environment can carry.

    Raises:
        SettingsError: messages would be written in a way that workers refuse, or events would go nowhere.
    """
    accepted = ours["accept_content"]
    serializer = stated(conf, "task_serializer")
    if serializer is not NOTHING and not content_types([serializer]) <= content_types(accepted):
        raise SettingsError(
            expected=f"task_serializer to be one of application.accept_content: {', '.join(accepted)}",
            found=repr(serializer),
            remedy="Add it to application.accept_content of the environment file, or take it out.",
        )
    events = stated(conf, "worker_send_task_events")
    if events is not NOTHING and events and not broker_of(runtime()).remote_control:
        raise SettingsError(
            expected="worker_send_task_events off, where the broker has no way to send to all",
            found=f"{events!r} on {runtime().environment.broker_kind}",
            remedy="Take it out: `app status` and the metrics of the workers say what they do.",
        )


def _same(setting: str, theirs: Any, ours: Any) -> bool:
    """Whether both mean the same: content types have names, lists may be tuples."""
    if setting == "accept_content":
        return content_types(theirs) == content_types(ours)
    if isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
        return list(theirs) == list(ours)
    return bool(theirs == ours)


def refuse_without_broker(app: Any, options: Mapping[str, Any]) -> None:
    """An attached application with no environment publishes to a broker of its own, if it names one.

    Raises:
        SettingsError: it names none; Celery would try a RabbitMQ on this machine.
    """
    from celery_platform.settings.chosen import VARIABLE

    if any(options.get(name) for name in ("connection", "producer", "publisher")):
        return
    if app.conf.broker_url is None and app.conf.broker_write_url is None:
        raise SettingsError(
            expected=f"an environment ({VARIABLE}), or a broker_url of the application's own",
            found="neither",
            remedy="Name an environment, as in `app run --env local -- python ...`, or set task_always_eager in tests.",
        )


def _is_left_to(conf: Any, name: str) -> bool:
    return owner_of(name) is not Owner.PLATFORM and stated(conf, name) is not NOTHING


def _where(setting: str) -> str:
    """Says when it is a variable of the process that states a setting, which nobody would look for in the code."""
    variable = VARIABLES.get(setting, "")
    return f"; from the variable {variable}" if os.environ.get(variable) else ""
