"""Read the SSM parameters that Terraform wrote, and the values of secrets."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from celery_platform.errors import SettingsError

REQUIRED = ("broker_url", "results_url", "buckets")
# The first exists on SQS only, the second if the broker's certificates are signed by the environment's own CA.
OPTIONAL = ("queues_url", "broker_ca_certificate")
RETRIES: Mapping[str, Any] = {"max_attempts": 3}


@dataclass(frozen=True)
class Discovery:
    """The addresses of the resources that Terraform created. URLs contain no credentials.

    `buckets` maps a bucket's label to its name. `queues_url` is what the URLs of all queues on SQS have in common: a
    queue's URL is this one, a slash and the queue's name. One parameter could not hold the URLs of more than 40 queues.
    `broker_ca_certificate` is the PEM certificate of the CA that signed the broker's certificates. `None` means that
    the system's trusted CAs apply, as for AWS's own endpoints.
    """

    broker_url: str
    results_url: str
    buckets: Mapping[str, str]
    queues_url: str | None = None
    broker_ca_certificate: str | None = None


def clients(*services: str, retries: Mapping[str, Any] = RETRIES) -> list[Any]:
    """AWS clients for this process's account and region, with short timeouts. `retries` is botocore's setting.

    They share a new session. boto3's default session would keep the models of all requested services in memory: 11 MiB
    for the two that discovery needs only once. A session per client would take 8 MiB more, and boto3's wrapper three.
    """
    import botocore.session
    from botocore.config import Config

    from celery_platform.settings.foreign_answers import refuse_foreign_answers

    config = Config(connect_timeout=5, read_timeout=20, retries=dict(retries))
    session = botocore.session.get_session()
    return [refuse_foreign_answers(session.create_client(service, config=config)) for service in services]


def client(service: str, retries: Mapping[str, Any] = RETRIES) -> Any:
    """One client, as from `clients`."""
    return clients(service, retries=retries)[0]


def discover(prefix: str) -> Discovery:
    """Read the discovery parameters under `prefix`.

    Raises:
        SettingsError: AWS does not answer or denies access, or a parameter is missing.

    Example: `discover("/celery/local").results_url == "redis://10.90.0.11:6379/1"`
    """
    names = [f"{prefix}/{name}" for name in (*REQUIRED, *OPTIONAL)]
    with _explained(f"the SSM parameters {prefix}/*"):
        answer = client("ssm").get_parameters(Names=names)
    found = {parameter["Name"].rpartition("/")[2]: parameter["Value"] for parameter in answer["Parameters"]}
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise SettingsError(
            expected=f"the SSM parameters {', '.join(f'{prefix}/{name}' for name in REQUIRED)}",
            found=f"none named {', '.join(missing)}",
            remedy="Apply Terraform first (`make up` for local, `make apply` elsewhere).",
        )
    return Discovery(
        broker_url=found["broker_url"],
        results_url=found["results_url"],
        buckets=json.loads(found["buckets"]),
        queues_url=found.get("queues_url"),
        broker_ca_certificate=found.get("broker_ca_certificate"),
    )


@lru_cache
def secret(name: str) -> str:
    """The value of a secret, read once per process.

    Raises:
        SettingsError: AWS does not answer or denies access, or there is no such secret.
    """
    with _explained(f"the secret {name}"):
        return str(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])


@contextmanager
def _explained(what: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise SettingsError(
            expected=f"to read {what}",
            found=str(error),
            remedy="Check the AWS credentials and endpoint, and that Terraform was applied.",
        ) from None
