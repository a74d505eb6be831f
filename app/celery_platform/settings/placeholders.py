"""Placeholder values of an environment without an AWS account, for checking that its application can be imported."""

from collections.abc import Mapping
from dataclasses import dataclass

from celery_platform.environment.derived.secrets import OWN
from celery_platform.settings.discovery import Discovery
from celery_platform.settings.resolved import Resolved
from celery_platform.settings.runtime import Runtime

# Part of each secret's value, so that errors caused by it can be recognized. The domain never resolves (RFC 2606).
PLACEHOLDER = "placeholder"
HOST = f"{PLACEHOLDER}.invalid"
# The likely form of a secret by words in its name and in those of its variables. Many are parsed as a URL at import.
FORMS: Mapping[str, str] = {
    "amqp": f"amqp://{PLACEHOLDER}:{PLACEHOLDER}@{HOST}:5672//",
    "redis": f"redis://:{PLACEHOLDER}@{HOST}:6379/0",
    "valkey": f"redis://:{PLACEHOLDER}@{HOST}:6379/0",
    "database": f"postgresql://{PLACEHOLDER}:{PLACEHOLDER}@{HOST}:5432/{PLACEHOLDER}",
    "postgres": f"postgresql://{PLACEHOLDER}:{PLACEHOLDER}@{HOST}:5432/{PLACEHOLDER}",
    "": f"https://{PLACEHOLDER}@{HOST}/1",
}
URLS = ("url", "uri", "dsn")


@dataclass(frozen=True)
class WithoutAccount(Runtime):
    """A runtime with placeholders instead of the account's values."""

    def secret(self, label: str) -> str:
        """A recognizable placeholder, in the form of a URL if the secret's name suggests one."""
        application, pools = self.environment.application, self.environment.pools.values()
        uses = [application["secrets"], *(pool.secrets for pool in pools)]
        variables = [name for secrets in uses for name, use in secrets.items() if use["secret"] == label]
        words = " ".join([label, *variables]).lower()
        if not any(url in words for url in URLS):
            return PLACEHOLDER
        return next(form for word, form in FORMS.items() if word in words)


@dataclass(frozen=True)
class WithoutApplicationSecrets(WithoutAccount):
    """A runtime with the account's addresses in which the application's own secrets are placeholders.

    For a process that imports the application's code to look at its tasks, and runs none.
    """

    def secret(self, label: str) -> str:
        """The value of one of the platform's own secrets; of every other a placeholder."""
        return Runtime.secret(self, label) if label in OWN else WithoutAccount.secret(self, label)


def without_account(environment: Resolved) -> Runtime:
    """The runtime of an environment for which only the file exists.

    Example: `without_account(read(file)).secret("database_url").startswith("postgresql://")`
    """
    discovery = Discovery(
        broker_url=environment.broker_kind.facts.placeholder_url.format(host=HOST),
        results_url=f"rediss://{HOST}:6379/1",
        buckets={label: f"{environment.prefix}-{label}" for label in environment.application["buckets"]},
        queues_url=f"https://sqs.{environment.region}.amazonaws.com/000000000000",
    )
    return WithoutAccount(environment, discovery)
