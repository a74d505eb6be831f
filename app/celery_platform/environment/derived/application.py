"""The application: its routes, and the variables and secrets that its processes get."""

from collections.abc import Collection

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.drains import queues_of
from celery_platform.environment.derived.traces import trace_variables
from celery_platform.environment.model import Environment, Pool
from celery_platform.environment.model.application import Secrets, Variables, secret_use
from celery_platform.environment.model.services import Service


def application(env: Environment) -> Json:
    """The section `application`; `variables` includes those of the services and of traces.

    Example: `application(load("local"))["celery"] == "orders.celery:celery"`
    """
    declared = env.application.model_dump(mode="json")
    services = {name: value for label, service in env.services.items() for name, value in of_service(label, service)}
    return declared | {
        "variables": {**trace_variables(env), **services, **declared["variables"]},
        "secrets": secrets_of(env.application.secrets),
    }


def pool_needs(env: Environment, name: str, pool: Pool) -> Json:
    """Variables and secrets of one pool in addition to the application's: its own, and those of services it calls."""
    return needs_of(env, calls_of(env, name), pool.variables, pool.secrets)


def needs_of(env: Environment, calls: Collection[str], variables: Variables, secrets: Secrets) -> Json:
    """Variables and secrets of a process that has these of its own and calls these services."""
    called = {
        secret_variable(label): {"secret": service.secret, "as": "variable"}
        for label, service in env.services.items()
        if service.secret and label in calls
    }
    return {"variables": dict(variables), "secrets": called | secrets_of(secrets)}


def calls_of(env: Environment, pool: str) -> list[str]:
    """The services that a pool's queues call."""
    return sorted({call for queue in queues_of(env, pool).values() for call in queue.calls})


def of_service(label: str, service: Service) -> list[tuple[str, str]]:
    """The variables of a service.

    Example: `of_service("db", Service(host="data", port=5432)) == [("DB_HOST", "data"), ("DB_PORT", "5432")]`
    """
    values = {
        "URL": service.url,
        "HOST": service.host,
        "PORT": service.port,
        "RATE_PER_MINUTE": service.rate_per_minute,
    }
    return [(f"{label.upper()}_{end}", str(value)) for end, value in values.items() if value is not None]


def secret_variable(service: str) -> str:
    """The variable that holds a service's secret."""
    return f"{service.upper()}_SECRET"


def secrets_of(uses: Secrets) -> Json:
    """Variable -> the secret's label and how the process gets it."""
    long = {variable: secret_use(use) for variable, use in uses.items()}
    return {variable: {"secret": use.name, "as": use.as_} for variable, use in long.items()}


def secret_labels(env: Environment) -> list[str]:
    """The labels of all secrets that the application, its pools, processes and services name."""
    uses = [env.application.secrets, *(pool.secrets for pool in env.pools.values())]
    uses += [process.secrets for process in env.processes.values()]
    named = [secret_use(use).name for secrets in uses for use in secrets.values()]
    return sorted({*named, *(service.secret for service in env.services.values() if service.secret)})
