"""All settings of a running process in one value."""

from dataclasses import dataclass
from functools import lru_cache

from celery_platform.settings.chosen import chosen_file
from celery_platform.settings.discovery import Discovery, discover, secret
from celery_platform.settings.login import with_login
from celery_platform.settings.resolved import Resolved, read


@dataclass(frozen=True)
class Runtime:
    """The environment and what Terraform made for it."""

    environment: Resolved
    discovery: Discovery

    def secret(self, label: str) -> str:
        """The value of the secret with this label (`broker_password`, `database_url`)."""
        return secret(self.environment.secrets[label])

    @property
    def results_url(self) -> str:
        """The result store with its login, where its users have passwords."""
        url = self.discovery.results_url
        if "results_password" not in self.environment.secrets:
            return url
        return with_login(url, self.environment.results_user, self.secret("results_password"))


# What this process was given instead of what its account would answer; empty in a process that asks the account.
_given: list[Runtime] = []


def use(given: Runtime) -> None:
    """From here on it is this process's runtime, and no account is asked.

    Example: `use(without_account(read(file)))`, before an application is imported
    """
    _given[:] = [given]
    runtime.cache_clear()


@lru_cache(maxsize=1)
def runtime() -> Runtime:
    """Read once for each process, at first use; importing reads nothing.

    Raises:
        SettingsError: no environment is chosen, or its values cannot be read.
    """
    if _given:
        return _given[0]
    environment = read(chosen_file())
    return Runtime(environment, discover(environment.discovery_prefix))
