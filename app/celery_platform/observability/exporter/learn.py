"""What the exporter must know of its environment, read in a process of its own.

Discovery and secrets need clients of AWS once, at the start, and 17 MiB of them would stay for ever; they end with that
process.
"""

import multiprocessing
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from celery_platform.errors import AppError, SettingsError
from celery_platform.settings import Resolved, Runtime, runtime


@dataclass(frozen=True)
class Known(Runtime):
    """A runtime whose secrets are at hand: those of `secrets_of`."""

    values: Mapping[str, str]

    def secret(self, label: str) -> str:
        """The value of one of them."""
        return self.values[label]


def broker_secret(environment: Resolved) -> str | None:
    """The label of the password that the exporter looks at the broker with.

    RabbitMQ has a user who may only look; Amazon MQ knows one user, the one it was made with.
    """
    return next((label for label in ("monitoring_password", "broker_password") if label in environment.secrets), None)


def secrets_of(environment: Resolved) -> list[str]:
    """Labels of the secrets that the exporter reads, which are those that its role may."""
    results = "results_password" if "results_password" in environment.secrets else None
    return [label for label in (broker_secret(environment), results) if label]


def learn() -> Known:
    """Read it.

    Raises:
        SettingsError: the environment cannot be used.
    """
    # A fork, while there are no threads yet: it has this program loaded, and takes what it loads itself with it.
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    reader = context.Process(target=_tell, args=(sender,))
    reader.start()
    sender.close()
    try:
        told: Known | AppError = receiver.recv()
    except EOFError:
        reader.join()
        raise SettingsError(
            expected="to read discovery and secrets",
            found=f"its process ended with {reader.exitcode}",
            remedy="Its traceback is above.",
        ) from None
    reader.join()
    if isinstance(told, AppError):
        raise told
    return told


def _tell(sender: Connection) -> None:
    try:
        now = runtime()
        values = {label: now.secret(label) for label in secrets_of(now.environment)}
        sender.send(Known(now.environment, now.discovery, values))
    except AppError as error:
        sender.send(error)
