"""Decides which errors a person can put right."""

import os
import socket

from celery_platform.errors import AppError, SettingsError


def explained(error: Exception) -> AppError | None:
    """Return the error as one of this project's own; `None` for a defect, whose traceback is printed."""
    return error if isinstance(error, AppError) else _unreachable(error)


def _unreachable(error: Exception) -> AppError | None:
    """Return an error for a library's report that a service of this environment does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    from celery_platform.reliability.errors import PermanentError, TransientError

    kinds = (BotoCoreError, ClientError, OperationalError, RedisError, TransientError, PermanentError)
    if not isinstance(error, (*kinds, ConnectionError, TimeoutError, socket.gaierror)):
        return None
    return SettingsError(
        expected=f"the services of the environment to answer ({os.environ.get('CELERY_ENVIRONMENT_FILE', '--env')})",
        found=f"{type(error).__name__}: {error}",
        remedy="See that the environment is up (`make region` for local) and that this machine may reach it: what is "
        "private is reached by `make tunnel ENV=...` in another terminal.",
    )
