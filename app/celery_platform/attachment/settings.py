"""The settings of an attached application: its own, the platform's, and what happens where they contradict.

Celery looks a setting up in this order: what was set on `conf`, what `config_from_object` read, the defaults. The
platform's values are set on `conf`, so they count; before that every one that the application states is compared.
"""

import re
from typing import Any

from celery_platform.attachment.configuration import configuration
from celery_platform.attachment.ownership import PLATFORM, Owner, owner_of
from celery_platform.errors import SettingsError
from celery_platform.guards import transports
from celery_platform.observability import counts, outcome, traces
from celery_platform.settings import runtime

_NOTHING = object()
# What stands before the @ of a URL, and what a key of that name holds.
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
_HIDDEN = ("password", "secret", "key")


def apply_settings(app: Any, conf: Any) -> None:
    """Set the platform's settings on `conf`, and from here on trace, count and guard what this process does.

    Raises:
        SettingsError: the application states another value of a setting that the platform owns.
        BrokerError: the broker lacks what the environment describes.
    """
    ours = configuration()
    refuse_contradictions(conf, ours)
    transports.install()
    conf.update({name: value for name, value in ours.items() if not _is_left_to(conf, name)})
    traces.start_traces(runtime().environment.name, runtime().environment.prefix)
    counts.connect()
    outcome.stamp_messages()
    for task in app._tasks.values():
        app.give_guarantees(task)


def stated(conf: Any, setting: str) -> Any:
    """The value that the application itself gives a setting, in whichever of Celery's ways; `NOTHING` if it does not.

    Example: `stated(app.conf, "task_acks_late") is NOTHING`
    """
    *given, _defaults = conf.maps
    for keys in given:
        for key in map(conf._key, conf._to_keys(setting)):
            if key in keys:
                return keys[key]
    return _NOTHING


NOTHING = _NOTHING


def refuse_contradictions(conf: Any, ours: dict[str, Any]) -> None:
    """Compare each setting that the platform owns.

    Raises:
        SettingsError: naming every one that differs, with both values.
    """
    problems = [
        f"{name} is {shown(name, theirs)}, the platform's is {shown(name, ours[name]) if name in ours else 'not set'}"
        f" ({PLATFORM[name]})"
        for name in PLATFORM
        if (theirs := stated(conf, name)) is not NOTHING and theirs != ours.get(name, theirs_default(conf, name))
    ]
    if problems:
        raise SettingsError(
            expected="settings of the application that leave the platform's alone",
            found="; ".join(problems),
            remedy="Take them out, or state them only where there is no platform: "
            "`if not celery_platform.is_chosen():`. The table of owners is in celery_platform/attachment/README.md.",
        )


def theirs_default(conf: Any, setting: str) -> Any:
    """Celery's own default: stating it contradicts nothing that the platform leaves unset."""
    return conf.maps[-1].get(setting)


def shown(setting: str, value: Any) -> str:
    """A value as an error may show it: no login of a URL, nothing that is a password by its name.

    Example: `shown("broker_url", "amqp://me:secret@host") == "'amqp://...@host'"`
    """
    if any(word in setting for word in _HIDDEN):
        return "(hidden)"
    return _LOGIN.sub("...@", repr(value))[:200]


def refuse_without_broker(app: Any) -> None:
    """An attached application with no environment publishes to a broker of its own, if it names one.

    Raises:
        SettingsError: it names none; Celery would try a RabbitMQ on this machine.
    """
    from celery_platform.settings.chosen import VARIABLE

    if app.conf.broker_url is None and app.conf.broker_write_url is None:
        raise SettingsError(
            expected=f"an environment ({VARIABLE}), or a broker_url of the application's own",
            found="neither",
            remedy="Name an environment, as in `app run --env local -- python ...`, or set task_always_eager in tests.",
        )


def _is_left_to(conf: Any, name: str) -> bool:
    return owner_of(name) is not Owner.PLATFORM and stated(conf, name) is not NOTHING
