"""The shape of `environments/<name>/environment.yml`: typed and closed. One file for each section."""

from app.environment.model.broker import BrokerKind
from app.environment.model.environment import Environment
from app.environment.model.pools import Pool

__all__ = ["BrokerKind", "Environment", "Pool"]
