"""The servers that every broker's soak needs."""

from tests.harness.fixtures import application, aws_endpoint, folder

__all__ = ["application", "aws_endpoint", "folder"]
