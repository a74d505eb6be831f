"""What every broker's soak shares: the application. Servers are each soak's own (`stands.py`)."""

from tests.harness.fixtures import application

__all__ = ["application"]
