"""`app inspect`: shows the queues with their backlog, and the workers where the broker has remote control."""

from typing import Annotated, Any

import typer

from celery_platform.cli.env import Env, choose

WORKER_ANSWER_SECONDS = 2.0


def inspect(
    env: Env = "",
    workers: Annotated[bool, typer.Option("--workers", help="also ask every worker what it is doing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of tables")] = False,
) -> None:
    """Show the backlog of each queue and its dead-lettered messages; with --workers, what each worker does.

    Exit 1 when a queue is past the environment's limit (alerts.queue_length) or has dead-lettered messages.
    """
    choose(env)
    from celery_platform.output import say, show_json, show_table

    queues = _queues()
    found = _workers() if workers else None
    if as_json:
        show_json({"queues": queues, "workers": found})
    else:
        show_table(
            ("queue", "name", "pool", "waiting", "limit", "dead-lettered"),
            (list(each.values()) for each in queues),
            numbers=("waiting", "limit", "dead-lettered"),
        )
        if found is not None and not found:
            say("no worker answered")
        for worker in found or []:
            say(f"{worker['name']}: {len(worker['running'])} running: {', '.join(worker['running']) or '-'}")
    if any(queue["waiting"] >= queue["limit"] or queue["dead_letters"] for queue in queues):
        raise typer.Exit(1)


def _queues() -> list[dict[str, Any]]:
    from celery_platform.application import platform_alone
    from celery_platform.brokers import broker_of
    from celery_platform.brokers.depth import depth
    from celery_platform.settings import runtime

    environment, broker = runtime().environment, broker_of(runtime())
    with platform_alone().connection_for_read() as connection:
        return [
            {
                "queue": label,
                "name": queue.name,
                "pool": ", ".join(pool.name for pool in environment.pools.values() if label in pool.queues),
                "waiting": depth(connection, broker.queue(queue)),
                "limit": environment.alerts["queue_length"],
                "dead_letters": depth(connection, broker.dead_letter_queue(queue)),
            }
            for label, queue in environment.queues.items()
        ]


def _workers() -> list[dict[str, Any]]:
    """Return every worker that answers in time, with its running tasks.

    Raises:
        BrokerError: the broker has no remote control.
    """
    from celery_platform.application import platform_alone
    from celery_platform.brokers import broker_of
    from celery_platform.errors import BrokerError
    from celery_platform.settings import runtime

    broker = broker_of(runtime())
    if not broker.remote_control:
        raise BrokerError(
            expected="a broker with remote control",
            found=broker.kind,
            remedy="Leave --workers out; `app health` on a host and the workers' metrics say how they are.",
        )
    answers = platform_alone().control.inspect(timeout=WORKER_ANSWER_SECONDS).active() or {}
    return [
        {"name": name, "running": [f"{task['name']}[{task['id']}]" for task in tasks]}
        for name, tasks in sorted(answers.items())
    ]
