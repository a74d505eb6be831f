"""The environments on loopback of the platform's tests, with the example application and its services in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform.environment.load import FILE_NAME

from tests.harness.environment import Application
from tests.harness.fixtures import (
    amazon_mq,
    authority,
    aws_endpoint,
    environment,
    folder,
    inside_sqs,
    plain_results,
    postgresql,
    rabbitmq,
    redis,
    sqs,
    valkey_port,
)

from .outside import MERCHANT_KEY, Outside, outside

__all__ = [
    "amazon_mq", "authority", "aws_endpoint", "environment", "folder", "inside_sqs", "plain_results", "postgresql",
    "rabbitmq", "redis", "sqs", "valkey_port",
]  # fmt: skip

# The shop's own, so that it is what it is whatever application environments/local describes.
ENVIRONMENT = Path(__file__).parent / "environments" / "local" / FILE_NAME


def shop(services: Outside) -> Application:
    """The shop in an environment of its own, with its services where they are here."""
    web = f"http://127.0.0.1:{services.http_port}"
    variables = {
        "PAYMENT_GATEWAY_URL": web, "METRICS_API_URL": web, "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(services.smtp_port),
    }  # fmt: skip
    return Application(ENVIRONMENT, services, variables, {"payment_gateway": MERCHANT_KEY})


@pytest.fixture(scope="session")
def application() -> Iterator[Application]:
    """The application of every environment here."""
    with outside() as services:
        yield shop(services)
