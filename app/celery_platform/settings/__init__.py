"""What the running app knows about its environment: resolved.json, then discovery parameters, then secrets."""

from celery_platform.settings.resolved import PoolSettings, QueueSettings, Resolved, read
from celery_platform.settings.runtime import Runtime, runtime, use

__all__ = ["PoolSettings", "QueueSettings", "Resolved", "Runtime", "read", "runtime", "use"]
