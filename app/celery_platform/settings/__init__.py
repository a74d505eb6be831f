"""What the running app knows about its environment: resolved.json, then discovery parameters, then secrets."""

from app.settings.resolved import PoolSettings, QueueSettings, Resolved
from app.settings.runtime import Runtime, runtime

__all__ = ["PoolSettings", "QueueSettings", "Resolved", "Runtime", "runtime"]
