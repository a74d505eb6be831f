"""Rules about the variables of the application's processes: each name has one meaning."""

from collections.abc import Iterator, Mapping

from celery_platform.environment.derived.application import of_service, secret_variable
from celery_platform.environment.derived.traces import trace_variables
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.application import Secrets, Variables

# Variables that the platform or Celery reads in a process, with the reason why an application may not set them. Its
# value would be ignored (variables already set are kept), or would point the process at another broker or account.
PLATFORMS: Mapping[str, str] = {
    **dict.fromkeys(
        ("CELERY_ENVIRONMENT_FILE", "CELERY_CHECKOUT", "CELERY_HEARTBEAT_FILE", "CELERY_METRICS_PORT",
         "CELERY_STOP_TIMEOUT", "CELERY_RUNNING_RELEASE", "CELERY_GEVENT_PATCHED", "PROMETHEUS_MULTIPROC_DIR",
         "RUNTIME_DIRECTORY"),
        "the platform sets it for each process",
    ),
    **dict.fromkeys(
        ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"),
        "Celery would use it as the broker's URL, which follows from `broker`",
    ),
    **dict.fromkeys(
        ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID",
         "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
         "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
         "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED"),
        "the process's role and region follow from the environment",
    ),
    **dict.fromkeys(("PATH", "HOME", "TMPDIR", "NOTIFY_SOCKET"), "the host or the pod sets it"),
}  # fmt: skip


def variable_is_named_once(env: Environment) -> Iterator[Problem]:
    """If two values had the same name, the process would get only one of them, depending on the order."""
    derived = _derived(env)
    for path, (variables, secrets) in _sections(env).items():
        for name in sorted(variables.keys() & secrets.keys()):
            yield Problem(f"{path}.secrets.{name}", f"a secret and a variable called {name}", "one of the two")
        yield from _already_there(path, variables, secrets, derived)


def derived_variables_are_named_once(env: Environment) -> Iterator[Problem]:
    """Two labels can lead to the same variable: a service `bucket` with a URL, and a bucket `url`."""
    seen: dict[str, str] = {}
    for name, origin in _derived_pairs(env):
        if name in seen:
            yield Problem(origin, f"the variable {name}, which also follows from {seen[name]}", "another label")
        seen.setdefault(name, origin)


def variable_is_not_the_platforms(env: Environment) -> Iterator[Problem]:
    """The platform's own variables determine the environment, the account and the broker of a process."""
    for path, (variables, secrets) in _sections(env).items():
        for section, named in (("variables", variables), ("secrets", secrets)):
            for name in sorted(named.keys() & PLATFORMS.keys()):
                yield Problem(f"{path}.{section}.{name}", f"{name}: {PLATFORMS[name]}", "another name, or nothing")


def _sections(env: Environment) -> dict[str, tuple[Variables, Secrets]]:
    """The variables and secrets of the application, its pools and its processes, by path."""
    own = {f"pools.{name}": (pool.variables, pool.secrets) for name, pool in env.pools.items()}
    own |= {f"processes.{name}": (process.variables, process.secrets) for name, process in env.processes.items()}
    return {"application": (env.application.variables, env.application.secrets)} | own


def _already_there(path: str, variables: Variables, secrets: Secrets, derived: Mapping[str, str]) -> Iterator[Problem]:
    for section, named in (("variables", variables), ("secrets", secrets)):
        for name in sorted(named.keys() & derived.keys()):
            found = f"{name}, which processes get from {derived[name]}"
            yield Problem(f"{path}.{section}.{name}", found, f"another name, or another label of {derived[name]}")


def _derived(env: Environment) -> dict[str, str]:
    return dict(_derived_pairs(env))


def _derived_pairs(env: Environment) -> Iterator[tuple[str, str]]:
    """The variables that follow from services, buckets and traces, each with the path of its origin."""
    yield from ((name, "traces") for name in trace_variables(env))
    for label, service in env.services.items():
        yield from ((name, f"services.{label}") for name, _ in of_service(label, service))
        if service.secret:
            yield secret_variable(label), f"services.{label}"
    for label in env.application.buckets:
        yield f"BUCKET_{label.upper()}", "application.buckets"


RULES = (variable_is_named_once, derived_variables_are_named_once, variable_is_not_the_platforms)
