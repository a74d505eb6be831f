"""Start a worker or beat with the options that follow from the environment."""

import os
import secrets
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from celery_platform.brokers import broker_of
from celery_platform.observability.logs.setup import own_logging
from celery_platform.observability.metrics.server import prepare_metrics, start_metrics
from celery_platform.observability.resident import resident_mib
from celery_platform.settings import PoolSettings, Resolved, runtime
from celery_platform.worker.gevent_patch import ensure_patched
from celery_platform.worker.heartbeat_file import begin_heartbeat
from celery_platform.worker.turbo import run_turbo

if TYPE_CHECKING:
    from celery import Celery

# The pool types of the environment model and Celery's names for them.
CELERY_POOLS: Mapping[str, str] = {"prefork": "prefork", "threads": "threads", "solo": "solo", "gevent": "gevent"}


def worker_options(environment: Resolved, pool: PoolSettings) -> list[str]:
    """Celery's command line for a worker of `pool`.

    The node name is new at each start. With the old name, RabbitMQ would refuse the exclusive control queue
    (`ResourceLocked`) until it has noticed that the previous owner is dead. Mingle, gossip and event heartbeats are
    turned off: nothing needs them, and their traffic grows with the square of the number of workers.
    """
    return [
        "worker",
        f"--queues={','.join(environment.queues[label].name for label in pool.queues)}",
        *_pool_options(pool),
        f"--prefetch-multiplier={pool.prefetch_multiplier}",
        f"--hostname={pool.name}-{secrets.token_hex(4)}@{socket.gethostname()}",
        "--without-mingle",
        "--without-gossip",
        "--without-heartbeat",
        f"--loglevel={os.environ.get('CELERY_LOG_LEVEL', 'INFO')}",
    ]


def _pool_options(pool: PoolSettings) -> list[str]:
    if pool.type == "turbo":  # its supervisor starts the processes, each with its own pool
        return []
    options = [f"--concurrency={pool.concurrency}"]
    if pool.type in CELERY_POOLS:
        options.append(f"--pool={CELERY_POOLS[pool.type]}")
    if pool.type == "prefork":
        from celery_platform.worker.child_memory import most_mib  # Celery's pool comes with it

        if pool.max_tasks_per_child:
            options.append(f"--max-tasks-per-child={pool.max_tasks_per_child}")
        options.append(f"--max-memory-per-child={most_mib(pool, resident_mib()) * 1024}")
    return options


def start_worker(pool_name: str) -> None:
    """Run a worker until it ends, then exit the process with its exit code.

    Raises:
        SettingsError, BrokerError: the environment cannot be used, or has no such pool.
    """
    begin_heartbeat()
    environment = runtime().environment
    pool = environment.pool(pool_name)
    if pool.type == "gevent":
        ensure_patched()
    metrics_folder = prepare_metrics(pool)
    from celery_platform.attachment.loopback import warn_of_this_machine
    from celery_platform.guards.exit_code import run_worker
    from celery_platform.observability import soft_stops
    from celery_platform.worker import stop
    from celery_platform.worker.forked_children import reset_signals_in_children
    from celery_platform.worker.start_checks import checked_worker

    celery, environment = checked_worker(pool)
    own = [name for name in celery.tasks if not name.startswith("celery.")]
    metrics = start_metrics(environment, pool, own, metrics_folder)
    os.environ.setdefault(stop.VARIABLE, str(pool.stop_timeout))
    _install_pool(celery, pool)
    celery.conf.broker_transport_options.update(broker_of(runtime()).worker_transport_options(pool))
    if pool.type == "solo":
        # A task occupies the only thread. During a task of 20 s, RabbitMQ would miss heartbeats, close the connection
        # and deliver the message again, without end. TCP keepalive detects a broker that is down.
        celery.conf.broker_heartbeat = 0
    if pool.type != "prefork":
        reset_signals_in_children()
    own_logging(environment.name)
    warn_of_this_machine(celery)
    soft_stops.connect(pool.name)
    _add_steps(celery, environment, pool)
    if pool.type == "turbo":
        sys.exit(run_turbo(celery, environment, pool, worker_options, metrics))
    sys.exit(run_worker(celery, worker_options(environment, pool)))


def _install_pool(celery: "Celery", pool: PoolSettings) -> None:
    """What Celery's pool and transport of this type need changed before the worker starts."""
    if pool.type == "prefork":
        from celery_platform.guards import ended_child
        from celery_platform.worker import child_memory
        from celery_platform.worker.memory import share_memory

        share_memory()
        ended_child.install()
        child_memory.install(pool)
    if pool.type == "threads":
        from celery_platform.worker import threads_pool

        threads_pool.install()
    if pool.type == "asyncio":
        # Celery's command line takes a pool of its own list only, but leaves the choice to this setting.
        celery.conf.worker_pool = "celery_platform.worker.asyncio_pool.pool:TaskPool"
    if pool.type in ("gevent", "threads", "asyncio"):
        from celery_platform.turbo.worker.install import install_transport

        install_transport(pool.type, guarded=True)


def _add_steps(celery: "Celery", environment: Resolved, pool: PoolSettings) -> None:
    """Add the steps of the platform to those that start and stop Celery's consumer."""
    from celery_platform.dead_letters.unreadable import KeepUnreadable
    from celery_platform.settlement.connection import GiveBackWithConnection
    from celery_platform.settlement.pool import SettleErrors
    from celery_platform.transports.drain import Drain
    from celery_platform.worker import stop
    from celery_platform.worker.heartbeat import Heartbeat
    from celery_platform.worker.store_gate import StoreGate
    from celery_platform.worker.topology import DeclareDeadLetters

    Drain.stop_seconds = stop.drain_seconds(environment, pool)
    celery.steps["consumer"].update({Drain, Heartbeat, StoreGate, stop.BoundedStop})
    celery.steps["consumer"].update({DeclareDeadLetters, KeepUnreadable, SettleErrors, GiveBackWithConnection})


def start_beat() -> None:
    """Run beat until it is stopped. A second beat waits for the lock of the first.

    Each beat also sends delayed messages, which needs no lock.

    Raises:
        SettingsError, BrokerError: the environment cannot be used.
    """
    from celery_platform.later.sender import start_sender
    from celery_platform.worker.start_checks import checked_beat

    celery = checked_beat()
    own_logging(runtime().environment.name)
    start_sender(celery)
    celery.start(["beat", f"--loglevel={os.environ.get('CELERY_LOG_LEVEL', 'INFO')}"])
