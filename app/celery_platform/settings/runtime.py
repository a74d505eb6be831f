"""All settings of a running process in one value."""

from dataclasses import dataclass
from functools import lru_cache

from celery_platform.settings.chosen import chosen_file
from celery_platform.settings.discovery import Discovery, discover, secret
from celery_platform.settings.login import with_login
from celery_platform.settings.resolved import Resolved, read


@dataclass(frozen=True)
class Runtime:
    """The environment, and the addresses of the resources that Terraform created for it."""

    environment: Resolved
    discovery: Discovery

    def secret(self, label: str) -> str:
        """The value of the secret with this label (`broker_password`, `database_url`)."""
        return secret(self.environment.secrets[label])

    @property
    def results_url(self) -> str:
        """The URL of the result store, with the login if its users have passwords."""
        url = self.discovery.results_url
        if "results_password" not in self.environment.secrets:
            return url
        return with_login(url, self.environment.results_user, self.secret("results_password"))


# The runtime that this process was given; empty in a process that reads it from its account.
_given: list[Runtime] = []


def use(given: Runtime) -> None:
    """Use `given` as this process's runtime from now on, without reading an AWS account.

    Example: `use(without_account(read(file)))`, before an application is imported
    """
    _given[:] = [given]
    runtime.cache_clear()


@lru_cache(maxsize=1)
def runtime() -> Runtime:
    """The runtime of this process, read at the first call and then cached; importing the module reads nothing.

    Raises:
        SettingsError: no environment is chosen, or its values cannot be read.
    """
    if _given:
        return _given[0]
    environment = read(chosen_file())
    return Runtime(environment, discover(environment.discovery_prefix))
