"""The process above a turbo pool's: it forks them, watches their limits, and replaces those that end."""

from app.turbo.supervisor.options import SupervisorOptions
from app.turbo.supervisor.run import supervise

__all__ = ["SupervisorOptions", "supervise"]
