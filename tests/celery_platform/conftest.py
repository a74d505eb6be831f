"""Environments on loopback for the platform's tests, one for each broker that runs here."""

from tests.harness.fixtures import *  # noqa: F403
