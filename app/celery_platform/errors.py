"""Errors that reach a person: one message saying what was expected, what was found and what to do."""

from functools import partial
from typing import Any

# Of every command of the project: 0 good; 1 it found something bad, or nothing where something was asked for.
EXIT_UNUSABLE = 2  # something a person can put right, said in words
EXIT_DEFECT = 3  # an error of the project's own
EXIT_INTERRUPTED = 130  # as a shell counts SIGINT


class AppError(Exception):
    """Something a person can put right. A command prints it without a traceback and exits with `EXIT_UNUSABLE`.

    As text it is one line, for a log; a command prints `in_lines`.

    Example: `raise AppError(expected="a worker pool", found="'oi'", remedy="use one of: cpu, io")`
    """

    def __init__(self, expected: str, found: str, remedy: str) -> None:
        self.expected, self.found, self.remedy = expected, found, remedy
        super().__init__(f"expected {expected}; found {found}. {remedy}")

    def in_lines(self) -> str:
        """What was expected, what was found and what to do, a line each.

        Example: `SettingsError("ENV", "none", "set it").in_lines().splitlines()[0] == "expected: ENV"`
        """
        return f"expected: {self.expected}\nfound:    {self.found}\ndo:       {self.remedy}"

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        """As it is made, so that it may cross from one process to another."""
        return partial(type(self), expected=self.expected, found=self.found, remedy=self.remedy), ()


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


class ReleaseError(AppError):
    """A release cannot be recorded, or the record of one cannot be used."""


class ReleaseChangedError(ReleaseError):
    """Something of a recorded release is gone or was changed after its push. A push of its commit records it again."""


class ChartError(AppError):
    """The chart cannot be rendered for these values."""


class TunnelError(AppError):
    """The private addresses of an environment cannot be reached through Session Manager."""
