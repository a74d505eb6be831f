"""Brokers and ledger of the tests, which both halves of the stop matrix share."""

from tests.stops.conftest import *  # noqa: F403
