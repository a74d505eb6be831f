"""Section `outbox`: the relay, which publishes the tasks in the outbox of the application's database."""

from celery_platform.environment.model.processes import Placed


class Outbox(Placed):
    """The relay of the outbox (`app relay`). Its database is the application's variable or secret CELERY_DATABASE_URL.

    On PostgreSQL, several relays share the work, and each goes on when another one dies.

    Example: `{runs_on: hosts, calls: [database]}`
    """
