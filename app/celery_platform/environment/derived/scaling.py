"""What the autoscaler of a pool on EKS aims at, and what it costs to have no worker."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment, Pool

# The part of the objective on waiting time that workers are added for. The rest is for starting them: polls of the
# exporter (10 s, on SQS 30 s) and of the HPA (15 s), a pod, and often a node.
WAIT_SHARE = 0.5
# How long fewer workers must have been enough before any stops, at least as long as a stop, so that those of one step
# have ended before the next decision (a HPA's maximum is an hour); and the part that may stop in a minute. A number of
# messages swings; what their work needs within the objective does not, so its workers may stop sooner
# (tests/observability/test_wave.py).
SCALE_IN = {"length": (300, 10), "wait": (120, 50)}
LONGEST_STABILIZATION = 3_600
# How often KEDA looks at a pool without workers, and for how long nothing was there to do before it ends the last one
# (its default, keda.sh, "ScaledObject specification").
POLL_SECONDS = 15
IDLE_SECONDS = 300
# KEDA asks the exporter for a pool that is scaled on waiting time, and the exporter polls the broker (30 s on SQS).
EXPORTER_SECONDS = 30
# From a pod to a worker that consumes, where the node has the image: app/chart/README.md, "Autoscaling".
START_SECONDS = 15


def scaling(env: Environment, pool: Pool, stop_timeout: int) -> Json:
    """The part of a pool in resolved.json that only autoscalers read; `stop_timeout` is the pool's, in seconds.

    Example: `scaling(env, env.pools["io"], 90)["wait_target_seconds"] == 150`
    """
    after, percent = SCALE_IN[pool.scale_on]
    return {
        "scale_in_after_seconds": min(LONGEST_STABILIZATION, max(after, stop_timeout)),
        "scale_in_percent": percent,
        "wait_target_seconds": max(1, int(env.alerts.queue_wait_seconds * WAIT_SHARE)),
        "poll_seconds": POLL_SECONDS,
        "idle_seconds": IDLE_SECONDS,
    }


def first_task_waits(env: Environment, name: str) -> str:
    """What the first task of a pool without workers waits for, in words; empty if the pool always has one.

    Example: `first_task_waits(load("local"), "io") == ""`
    """
    pool = env.pools[name]
    if pool.runs_on != "eks" or pool.min > 0:
        return ""
    asked = POLL_SECONDS + (EXPORTER_SECONDS if pool.scale_on == "wait" else 0)
    wait, objective = asked + START_SECONDS, env.alerts.queue_wait_seconds
    late = f". alerts.queue_wait_seconds is {objective}, so it counts as late" if objective < wait else ""
    return (
        f"pools.{name}.min is 0: after {IDLE_SECONDS} s without work its first task waits about {wait} s for a worker, "
        f"and longer if a node has to start{late}"
    )
