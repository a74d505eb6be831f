"""Errors that reach a person: one message saying what was expected, what was found and what to do."""

from functools import partial
from typing import Any


class AppError(Exception):
    """Something a person can put right. The command line prints it without a traceback and exits with 2.

    Example: `raise AppError(expected="a worker pool", found="'oi'", remedy="use one of: cpu, io")`
    """

    def __init__(self, *, expected: str, found: str, remedy: str) -> None:
        self._parts = {"expected": expected, "found": found, "remedy": remedy}
        super().__init__(f"expected {expected}; found {found}. {remedy}")

    @property
    def found(self) -> str:
        """What was found, for an error that says more of what was expected."""
        return self._parts["found"]

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        """As it is made, so that it may cross from one process to another."""
        return partial(type(self), **self._parts), ()


class SettingsError(AppError):
    """The environment's resolved values, its discovery parameters or its secrets cannot be read."""


class BrokerError(AppError):
    """The broker cannot be used as the environment describes it."""


class PublishError(AppError):
    """A message was not published, or nobody knows whether it was."""


class RefusedMessageError(PublishError):
    """The app refuses to send such a message, and sent nothing: it would be lost, run twice or never end."""


class ApplicationError(AppError):
    """The application that the environment names cannot be imported, attached or released."""


class ImageError(AppError):
    """The container image cannot be built as it has to be."""


class ChartError(AppError):
    """The chart cannot be rendered for these values."""
