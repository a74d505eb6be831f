"""The effective settings of an attached application, and whether the platform or the application sets each."""

from dataclasses import dataclass
from typing import Any

from celery_platform.attachment.ownership import owner_of, rows
from celery_platform.attachment.settings import set_by_platform, theirs_default


@dataclass(frozen=True)
class Effective:
    """A setting. `set_by` is `platform` or `application`; `owner` is whose value applies if both set one."""

    name: str
    value: Any
    set_by: str
    owner: str


def effective(app: Any) -> list[Effective]:
    """The settings that the platform or the application sets, by name. Celery's own defaults are left out.

    A worker's concurrency, prefetch and time limits are not included, because they follow from its pool and its queues.

    Raises:
        SettingsError: a setting of the application contradicts one of the platform's.

    Example: `{each.name: each.value for each in effective(celery)}["task_acks_late"]`
    """
    conf = app.conf
    conf.get("broker_url")  # the first use, which applies the platform's settings
    ours = set_by_platform(app)
    names = sorted({name for name, _owner, _why in rows()} | set(ours))
    return [
        Effective(name, conf.get(name), "platform" if name in ours else "application", owner_of(name).value)
        for name in names
        if name in ours or conf.get(name) != theirs_default(conf, name)
    ]
