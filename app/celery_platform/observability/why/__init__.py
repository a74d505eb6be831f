"""Why a queue is late: what there is to know of it, asked with a bounded number of questions, and what that means."""

from celery_platform.observability.why.answer import PoolLoad, TaskLoad, Why
from celery_platform.observability.why.gather import why
from celery_platform.observability.why.reasons import reasons

__all__ = ["PoolLoad", "TaskLoad", "Why", "reasons", "why"]
