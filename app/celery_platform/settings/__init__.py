"""The environment of a running process: resolved.json, discovery parameters and secrets."""

from celery_platform.settings.resolved import PoolSettings, QueueSettings, Resolved, read
from celery_platform.settings.runtime import Runtime, runtime, use

__all__ = ["PoolSettings", "QueueSettings", "Resolved", "Runtime", "read", "runtime", "use"]
