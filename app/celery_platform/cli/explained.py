"""Which errors a person can put right, in words."""

import os

from celery_platform.errors import AppError, SettingsError


def explained(error: Exception) -> str | None:
    """What to tell the person; `None` for a defect, which deserves its traceback."""
    from celery_platform.environment.errors import EnvironmentFileError

    if isinstance(error, AppError | EnvironmentFileError):
        return str(error)
    unreachable = _unreachable(error)
    return None if unreachable is None else str(unreachable)


def _unreachable(error: Exception) -> AppError | None:
    """An error of a library that says that something this environment needs does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    from celery_platform.reliability.errors import PermanentError, TransientError

    kinds = (BotoCoreError, ClientError, OperationalError, RedisError, TransientError, PermanentError)
    if not isinstance(error, (*kinds, ConnectionError, TimeoutError)):
        return None
    return SettingsError(
        expected=f"the services of the environment to answer ({os.environ.get('CELERY_ENVIRONMENT_FILE', '--env')})",
        found=f"{type(error).__name__}: {error}",
        remedy="See that the environment is up (`make region` for local) and that this machine may reach it.",
    )
