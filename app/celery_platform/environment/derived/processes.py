"""Processes beside workers and beat: those of the application, and the relay of its outbox."""

from collections.abc import Iterator

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.addresses import names
from celery_platform.environment.derived.application import needs_of
from celery_platform.environment.derived.placement import owners
from celery_platform.environment.model import Environment
from celery_platform.environment.model.outbox import Outbox
from celery_platform.environment.model.processes import Placed, Process

# The relay's name among the processes; a rule keeps it from others.
RELAY = "relay"
# The application's variable or secret with the URL of the outbox's database.
DATABASE_URL = "CELERY_DATABASE_URL"
# The relay ends after the message that it publishes (5 s at most) and the statement that deletes what it published
# (10 s). What it is killed in is published again.
RELAY_STOP_SECONDS = 30
# One goes on while the machine of the other is away.
REPLICAS = 2


def processes(env: Environment, prefix: str) -> Json:
    """The section `processes`, with the relay as one of them.

    `component` is the name of its unit, Deployment and role. `arguments` are those of the command `app`. `machines` is
    the pool on whose machines it runs, and `hosts` are those of them that run it.

    Example: `processes(load("prod"), "celery-prod")["web"]["arguments"] == ["process", "web"]`
    """
    return {name: _process(env, prefix, name, process) for name, process in placed(env).items()}


def placed(env: Environment) -> dict[str, Placed]:
    """The processes of the application and the relay, by name.

    Example: `list(placed(load("prod"))) == ["relay", "web"]`
    """
    relay: dict[str, Placed] = {} if env.outbox is None else {RELAY: env.outbox}
    return relay | dict(env.processes)


def with_paths(env: Environment) -> Iterator[tuple[str, Placed]]:
    """The processes of the application and the relay, each with its path in the file."""
    for name, process in placed(env).items():
        yield "outbox" if isinstance(process, Outbox) else f"processes.{name}", process


def on_machines_of(env: Environment, owner: str) -> dict[str, Placed]:
    """The processes that run on the machines of a pool, by name."""
    return {name: process for name, process in placed(env).items() if machines_of(env, process) == owner}


def machines_of(env: Environment, process: Placed) -> str | None:
    """The pool on whose machines it runs; `None` for pods, or if it is not said which of several."""
    if process.runs_on != "hosts" or process.hosts_with is not None:
        return process.hosts_with
    found = owners(env)
    return found[0] if len(found) == 1 else None


def component(name: str, process: Placed) -> str:
    """The name of its Deployment and role, and of its unit after `celery-`.

    Example: `component("web", load("prod").processes["web"]) == "process-web"`
    """
    return RELAY if isinstance(process, Outbox) else f"process-{name}"


def replicas(env: Environment, process: Placed) -> int:
    """How many of it run: as many as the file says, or two where there is room for two."""
    if process.replicas is not None:
        return process.replicas
    if isinstance(process, Outbox) and uses_sqlite(env):
        return 1
    pool = env.pools.get(machines_of(env, process) or "")
    return REPLICAS if pool is None else min(REPLICAS, pool.min)


def uses_sqlite(env: Environment) -> bool:
    """Whether the outbox is a file of SQLite; what is in a secret is not known here."""
    return env.application.variables.get(DATABASE_URL, "").startswith("sqlite")


def _process(env: Environment, prefix: str, name: str, process: Placed) -> Json:
    owner = machines_of(env, process)
    number = replicas(env, process)
    return {
        "component": component(name, process),
        "runs_on": process.runs_on,
        "machines": owner,
        "replicas": number,
        "hosts": [] if owner is None else names(env, prefix)[f"worker-{owner}"][:number],
        "cpu": process.cpu,
        "memory_mib": process.memory_mib,
        "calls": list(process.calls),
        **_what_runs(env, name, process),
    }


def _what_runs(env: Environment, name: str, process: Placed) -> Json:
    own = process if isinstance(process, Process) else None
    return {
        "arguments": [RELAY] if own is None else ["process", name],
        "command": [] if own is None else list(own.command),
        "port": own and own.port,
        "health_path": own and own.health_path,
        # The relay writes one, as a worker does.
        "has_heartbeat": own is None,
        "stop_timeout_seconds": RELAY_STOP_SECONDS if own is None else own.stop_timeout_seconds,
        **needs_of(env, process.calls, {} if own is None else own.variables, {} if own is None else own.secrets),
    }
