"""The releases that the transports and turbo were written against. With others, stock code runs, with a warning."""

import logging
from importlib.metadata import version

logger = logging.getLogger(__name__)

# What is overridden beneath the public extension points (`Connection.blocking_read`, `Channel._on_basic_deliver`,
# `Consumer.create_task_handler`) may change in any minor release, so each is named.
TESTED = {"amqp": "5.4", "celery": "5.7", "kombu": "5.7"}


def untested() -> list[str]:
    """The installed packages that the transports and turbo were not tested with, each with its version.

    Example: `untested() == ["kombu 5.8.0"]`
    """
    found = {package: version(package) for package in TESTED}
    return [f"{package} {found[package]}" for package, minor in TESTED.items() if not _within(found[package], minor)]


def _within(found: str, minor: str) -> bool:
    return found == minor or found.startswith(f"{minor}.")


def tested() -> bool:
    """Whether the installed releases are the tested ones; where they are not, logs which package differs.

    Example: `Transport = BatchingTransport if tested() else channel.Transport`
    """
    others = untested()
    if others:
        logger.warning("turbo is off, stock code runs: not tested with %s (tested: %s)", ", ".join(others), TESTED)
    return not others
