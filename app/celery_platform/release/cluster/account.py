"""Ask the environment's AWS account."""

from typing import Any

from celery_platform.errors import ChartError
from celery_platform.settings.discovery import client

Json = dict[str, Any]


def asked(
    service: str,
    operation: str,
    *,
    expected: str = "",
    remedy: str = "Check the AWS credentials, and that Terraform was applied.",
    **arguments: Any,
) -> Json:
    """The answer of an operation of botocore's client.

    Args:
        service: such as `eks`.
        operation: such as `describe_cluster`.
        expected: what an error says was expected; that the account answers, if this is empty.
        remedy: what an error says to do.
        arguments: the operation's.

    Raises:
        ChartError: AWS refuses the request or does not answer.

    Example: `asked("eks", "describe_cluster", name="celery-prod")["cluster"]["endpoint"]`
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: Json = getattr(client(service), operation)(**arguments)
    except (BotoCoreError, ClientError) as error:
        wanted = expected or f"the account to answer {operation}"
        raise ChartError(expected=wanted, found=str(error), remedy=remedy) from None
    return answer
