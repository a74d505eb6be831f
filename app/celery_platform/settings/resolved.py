"""The part of an environment's resolved.json that a running process reads, as typed values.

`celery_platform.environment.resolve` computes every value; nothing is derived here. These are plain dataclasses, so
that a worker does not have to load and run the model's validation at each start.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from celery_platform.broker_kinds import BrokerKind
from celery_platform.errors import SettingsError
from celery_platform.settings.timeline import TimelineSettings

Json = dict[str, Any]


@dataclass(frozen=True)
class QueueSettings:
    """A queue and its time budget. Limits are in seconds; `None` means no limit.

    `high_priority_queue` is the label of the separate queue for its high-priority messages, if the broker needs one.
    """

    label: str
    name: str
    dead_letter_name: str
    max_deliveries: int
    soft_time_limit: int | None
    hard_time_limit: int | None
    consumer_timeout: int
    max_countdown: int
    priorities: int
    high_priority_queue: str | None


@dataclass(frozen=True)
class PoolSettings:
    """Workers with one resource profile. `queues` are labels; `stop_timeout` is in seconds.

    `unacknowledged_key` is the Redis key of the workers' unacknowledged messages. `wait_target_seconds` is how long
    tasks may wait on a pool that is scaled on that (`scale_on` is `wait`); `None` on any other.
    """

    name: str
    type: str
    concurrency: int
    prefetch_multiplier: int
    max_tasks_per_child: int | None
    max_memory_per_child_mib: int | None
    memory_mib: int
    stop_timeout: int
    queues: tuple[str, ...]
    unacknowledged_key: str
    wait_target_seconds: int | None
    backlog_per_worker: int
    backlog_shares: Mapping[str, float]
    variables: Mapping[str, str]
    secrets: Mapping[str, Json]


@dataclass(frozen=True)
class ProcessSettings:
    """A process of the application beside its workers; `command` is empty for the relay of the outbox."""

    name: str
    command: tuple[str, ...]
    replicas: int
    variables: Mapping[str, str]
    secrets: Mapping[str, Json]


@dataclass(frozen=True)
class Resolved:
    """An environment's values. `application`, `broker`, `schedule`, `secrets` and `alerts` are as in resolved.json.

    `routes` are ordered pairs of a pattern of task names and a queue's label.
    """

    name: str
    prefix: str
    region: str
    broker: Json
    results_user: str
    result_expires_seconds: int
    queues: Mapping[str, QueueSettings]
    pools: Mapping[str, PoolSettings]
    processes: Mapping[str, ProcessSettings]
    schedule: Mapping[str, Json]
    application: Json
    routes: tuple[tuple[str, str], ...]
    default_queue: str | None
    secrets: Mapping[str, str]
    discovery_prefix: str
    alerts: Json
    budget_monthly_usd: int
    timeline: TimelineSettings

    @property
    def broker_kind(self) -> BrokerKind:
        """The kind of broker that carries the tasks."""
        return BrokerKind(self.broker["kind"])

    @property
    def has_relay(self) -> bool:
        """Whether a relay of the outbox runs: there is an `outbox`, and not with `replicas: 0`."""
        return any(not process.command and process.replicas for process in self.processes.values())

    def queue_named(self, name: str) -> QueueSettings | None:
        """The queue with this name on the broker; `None` if there is none."""
        return self._queues_by_name.get(name)

    @cached_property
    def _queues_by_name(self) -> Mapping[str, QueueSettings]:
        return {queue.name: queue for queue in self.queues.values()}

    @cached_property
    def known_labels(self) -> dict[tuple[str, str], str | None]:
        """What `celery_platform.routes` has found: the label of a queue by a message's routing key and task."""
        return {}

    def pool(self, name: str) -> PoolSettings:
        """A pool by name.

        Raises:
            SettingsError: the environment has no such pool.
        """
        if name not in self.pools:
            allowed = ", ".join(sorted(self.pools))
            raise SettingsError(
                expected=f"a worker pool of environment {self.name}", found=repr(name), remedy=f"Use one of: {allowed}."
            )
        return self.pools[name]

    def part(self, name: str) -> PoolSettings | ProcessSettings:
        """The pool or process with this name; no two have the same.

        Raises:
            SettingsError: the environment has neither.
        """
        return self.processes[name] if name in self.processes else self.pool(name)

    def process(self, name: str) -> ProcessSettings:
        """A process of the application by name.

        Raises:
            SettingsError: the environment has no such process, or it is the relay, which has no command.
        """
        named = {process.name: process for process in self.processes.values() if process.command}
        if name not in named:
            raise SettingsError(
                expected=f"a process of environment {self.name}, from `processes` of its file",
                found=repr(name),
                remedy=f"Use one of: {', '.join(sorted(named))}." if named else "Add it to `processes`; it has none.",
            )
        return named[name]


def read(file: Path) -> Resolved:
    """Read an environment's resolved.json.

    Raises:
        SettingsError: the file is missing, is not JSON, or lacks a value.

    Example: `read(Path("environments/local/resolved.json")).queues["email"].name == "celery-local-email"`
    """
    try:
        return _typed(json.loads(file.read_text()))
    except (OSError, ValueError) as error:
        raise SettingsError(
            expected=f"an environment's resolved values in {file}", found=str(error), remedy="Run `make render`."
        ) from None
    except (KeyError, TypeError) as error:
        raise SettingsError(
            expected=f"every value that the app reads in {file}", found=f"no {error}", remedy="Run `make render`."
        ) from None


def _typed(data: Json) -> Resolved:
    return Resolved(
        name=data["name"],
        prefix=data["prefix"],
        region=data["region"],
        broker=data["broker"],
        results_user=data["results"].get("user", "default"),
        result_expires_seconds=data["results"]["expires_hours"] * 3600,
        queues={label: _queue(label, queue) for label, queue in data["queues"].items()},
        pools={name: _pool(name, pool) for name, pool in data["pools"].items()},
        processes={name: _process(name, process) for name, process in data["processes"].items()},
        schedule=data["schedule"],
        application=data["application"],
        routes=tuple((route["tasks"], route["queue"]) for route in data["application"]["routes"]),
        default_queue=data["application"]["default_queue"],
        secrets=data["secrets"],
        discovery_prefix=data["discovery_prefix"],
        alerts=data["alerts"],
        budget_monthly_usd=data["budget"]["monthly_usd"],
        timeline=TimelineSettings(data["timeline"]["attempts"], data["timeline"]["trace_link"]),
    )


def _process(name: str, data: Json) -> ProcessSettings:
    return ProcessSettings(
        name=name,
        command=tuple(data["command"]),
        replicas=data["replicas"],
        variables=data["variables"],
        secrets=data["secrets"],
    )


def _queue(label: str, data: Json) -> QueueSettings:
    budget = data["time_budget"]
    return QueueSettings(
        label=label,
        name=data["name"],
        dead_letter_name=data["dead_letter_name"],
        max_deliveries=data["max_deliveries"],
        soft_time_limit=budget["soft_time_limit"],
        hard_time_limit=budget["hard_time_limit"],
        consumer_timeout=budget["consumer_timeout"],
        max_countdown=budget["max_countdown"],
        priorities=data["priorities"],
        high_priority_queue=data["high_priority_queue"],
    )


def _pool(name: str, data: Json) -> PoolSettings:
    return PoolSettings(
        name=name,
        type=data["type"],
        concurrency=data["concurrency"],
        prefetch_multiplier=data["prefetch_multiplier"],
        max_tasks_per_child=data["max_tasks_per_child"],
        max_memory_per_child_mib=data["max_memory_per_child_mib"],
        memory_mib=data["memory_mib"],
        stop_timeout=data["time_budget"]["stop_timeout"],
        queues=tuple(data["queues"]),
        unacknowledged_key=data["unacknowledged_key"],
        wait_target_seconds=data["wait_target_seconds"] if data["scale_on"] == "wait" else None,
        backlog_per_worker=data["backlog_per_worker"],
        backlog_shares=data["backlog_shares"],
        variables=data["variables"],
        secrets=data["secrets"],
    )
