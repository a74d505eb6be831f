"""The console as a service: where it runs, and its port."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# That of `app console`, unassigned by IANA. Prometheus, Alertmanager and the exporter have others on the same host.
CONSOLE_PORT = 8321


def console(env: Environment) -> Json | None:
    """The section `console`; `None` without one.

    Example: `console(load("dev")) is None`
    """
    return None if env.console is None else env.console.model_dump(mode="json") | {"port": CONSOLE_PORT}
