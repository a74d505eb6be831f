"""What the running app knows about its environment: resolved.json, then discovery parameters, then secrets."""

from celery_platform.settings.resolved import PoolSettings, QueueSettings, Resolved
from celery_platform.settings.runtime import Runtime, runtime

__all__ = ["PoolSettings", "QueueSettings", "Resolved", "Runtime", "runtime"]
