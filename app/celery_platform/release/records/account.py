"""What the environment's AWS account answers, with its errors in words."""

from collections.abc import Iterator
from contextlib import contextmanager

from celery_platform.errors import ReleaseError

REMEDY = "Check the AWS credentials, and that Terraform was applied."


@contextmanager
def explained(expected: str, remedy: str = REMEDY) -> Iterator[None]:
    """Turn what AWS refuses into an error that says what was expected.

    Raises:
        ReleaseError: AWS refuses the request or does not answer.

    Example: `with explained("to read who pushes"): ...`
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise ReleaseError(expected=expected, found=str(error), remedy=remedy) from None
