"""Rules about the outbox: its tasks are sent, by a relay that finds and reaches its database."""

from collections.abc import Iterator

from celery_platform.environment.derived.processes import DATABASE_URL, replicas, uses_sqlite
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.application import secret_use


def relay_has_a_database(env: Environment) -> Iterator[Problem]:
    """The relay publishes the rows of a table; without a database there is no outbox.

    Refused by: `app relay`, when it starts.
    """
    if env.outbox is None:
        return
    secret = env.application.secrets.get(DATABASE_URL)
    if secret is None and DATABASE_URL not in env.application.variables:
        allowed = f"application.secrets: {{{DATABASE_URL}: database_url}}, or no outbox"
        yield Problem("outbox", f"a relay without a database: no {DATABASE_URL}", allowed)
    elif secret is not None and secret_use(secret).as_ == "file":
        found = f"{DATABASE_URL} as a file, whose path would be taken for the URL"
        yield Problem(f"application.secrets.{DATABASE_URL}", found, "the secret's name alone")


def outbox_has_a_relay(env: Environment) -> Iterator[Problem]:
    """Tasks that are written to the outbox of that database, and that no relay publishes, are never sent.

    Refused by: nobody; the tasks would wait in the table.
    """
    if env.outbox is not None:
        return
    for section, named in (("variables", list(env.application.variables)), ("secrets", list(env.application.secrets))):
        if DATABASE_URL in named:
            allowed = "outbox: {runs_on: ..., calls: [...]}; with replicas: 0 if nothing is enqueued there"
            yield Problem(f"application.{section}.{DATABASE_URL}", "the database of an outbox without a relay", allowed)


def relay_reaches_its_database(env: Environment) -> Iterator[Problem]:
    """Network policies and security groups open only the services that a process calls; the URL may be a secret.

    Refused by: nobody; the connection would time out.
    """
    if env.outbox is not None and replicas(env, env.outbox) and not (env.outbox.calls or uses_sqlite(env)):
        allowed = f"the one of `services` that is the database of {DATABASE_URL}, such as calls: [database]"
        yield Problem("outbox.calls", "nothing", allowed)


def sqlite_is_relayed_once(env: Environment) -> Iterator[Problem]:
    """A file of SQLite is on one machine and has no row locks: a second relay would publish the same tasks again.

    Nothing of a pod outlives it, and no other pod sees its files.
    """
    if env.outbox is None or not uses_sqlite(env):
        return
    if env.outbox.runs_on == "eks":
        yield Problem("outbox.runs_on", f"eks with SQLite in {DATABASE_URL}", "PostgreSQL, or hosts")
    if replicas(env, env.outbox) > 1:
        yield Problem("outbox.replicas", f"{env.outbox.replicas} with SQLite in {DATABASE_URL}", "1, or PostgreSQL")


RULES = (relay_has_a_database, outbox_has_a_relay, relay_reaches_its_database, sqlite_is_relayed_once)
