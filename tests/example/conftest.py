"""The environments on loopback of the platform's tests, with the example application in them."""

from tests.harness.fixtures import *  # noqa: F403
