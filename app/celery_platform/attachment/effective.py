"""The settings that count for an attached application, and who says each: the answer to "which value has it here?"."""

from dataclasses import dataclass
from typing import Any

from celery_platform.attachment.ownership import owner_of, rows
from celery_platform.attachment.settings import set_by_platform, theirs_default


@dataclass(frozen=True)
class Effective:
    """A setting. `said_by` is `platform` or `application`; `owner` whose value would count if both said one."""

    name: str
    value: Any
    said_by: str
    owner: str


def effective(app: Any) -> list[Effective]:
    """What the platform or the application says, by name; what is Celery's own default is left out.

    A worker's concurrency, prefetch and time limits are not among them: it gets those of its pool and of its queues.

    Raises:
        SettingsError: a setting of the application contradicts one of the platform's.

    Example: `{each.name: each.value for each in effective(celery)}["task_acks_late"]`
    """
    conf = app.conf
    conf.get("broker_url")  # the first use, at which the platform's are set
    ours = set_by_platform(app)
    names = sorted({name for name, _owner, _why in rows()} | set(ours))
    return [
        Effective(name, conf.get(name), "platform" if name in ours else "application", owner_of(name).value)
        for name in names
        if name in ours or conf.get(name) != theirs_default(conf, name)
    ]
