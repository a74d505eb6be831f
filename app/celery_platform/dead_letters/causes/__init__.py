"""Why messages are dead-lettered: those with the same cause together, whatever ids and numbers they carry."""

from celery_platform.dead_letters.causes.cause import Cause, cause_of
from celery_platform.dead_letters.causes.grouping import CauseGroup, Causes, group_by_cause

__all__ = ["Cause", "CauseGroup", "Causes", "cause_of", "group_by_cause"]
