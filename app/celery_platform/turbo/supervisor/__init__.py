"""The process above a turbo pool's: it forks them, watches their limits, and replaces those that end."""

from celery_platform.turbo.supervisor.options import SupervisorOptions
from celery_platform.turbo.supervisor.run import supervise

__all__ = ["SupervisorOptions", "supervise"]
