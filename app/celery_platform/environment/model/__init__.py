"""The shape of `environments/<name>/environment.yml`: typed and closed. One file for each section."""

from celery_platform.broker_kinds import BrokerKind
from celery_platform.environment.model.environment import Environment
from celery_platform.environment.model.pools import Pool
from celery_platform.environment.model.schedule import ScheduleEntry

__all__ = ["BrokerKind", "Environment", "Pool", "ScheduleEntry"]
