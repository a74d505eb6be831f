"""The brokers and the ledger are the tests' own; both halves of the stop matrix share them."""

from tests.stops.conftest import *  # noqa: F403
