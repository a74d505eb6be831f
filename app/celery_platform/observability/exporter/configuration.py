"""The exporter's configuration: discovery and secrets, read once in a child process.

Reading them needs AWS clients, which would keep 17 MiB of memory as long as the exporter runs. The child process exits
after reading, and its memory is freed.
"""

import multiprocessing
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from celery_platform.errors import AppError, SettingsError
from celery_platform.settings import Resolved, Runtime, runtime


@dataclass(frozen=True)
class LoadedRuntime(Runtime):
    """A runtime with the secrets of `secrets_of` already in memory."""

    values: Mapping[str, str]

    def secret(self, label: str) -> str:
        """The value of a secret, by its label."""
        return self.values[label]


def broker_secret(environment: Resolved) -> str | None:
    """The label of the password with which the exporter logs in to the broker.

    RabbitMQ has a read-only user for monitoring. Amazon MQ has only the user it was created with.
    """
    return next((label for label in ("monitoring_password", "broker_password") if label in environment.secrets), None)


def secrets_of(environment: Resolved) -> list[str]:
    """The labels of the secrets that the exporter reads; its IAM role allows exactly these."""
    results = "results_password" if "results_password" in environment.secrets else None
    return [label for label in (broker_secret(environment), results) if label]


def read_configuration() -> LoadedRuntime:
    """Read the environment's discovery parameters and the exporter's secrets.

    Raises:
        SettingsError: the environment cannot be used.
    """
    # Forking is safe because there are no threads yet. The child starts with this program in memory, and what it loads
    # in addition is freed when it exits.
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    reader = context.Process(target=_send_configuration, args=(sender,))
    reader.start()
    sender.close()
    try:
        received: LoadedRuntime | AppError = receiver.recv()
    except EOFError:
        reader.join()
        raise SettingsError(
            expected="to read discovery and secrets",
            found=f"its process ended with {reader.exitcode}",
            remedy="Its traceback is above.",
        ) from None
    reader.join()
    if isinstance(received, AppError):
        raise received
    return received


def _send_configuration(sender: Connection) -> None:
    try:
        now = runtime()
        values = {label: now.secret(label) for label in secrets_of(now.environment)}
        sender.send(LoadedRuntime(now.environment, now.discovery, values))
    except AppError as error:
        sender.send(error)
