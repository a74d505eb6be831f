"""A wave of ten times the work for ten minutes, in a simulation of an HPA that asks for the workers wanted.

It simulates what Kubernetes documents ("Horizontal Pod Autoscaling", "Algorithm details") with the chart's behaviour,
in steps of a second. Nothing here is measured on a cluster.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from celery_platform.environment.derived.scaling import SCALE_IN, WAIT_SHARE
from celery_platform.observability.exporter.workers_wanted import workers_wanted

from .test_workers_wanted import pool

OBJECTIVE, TASK_SECONDS, SLOTS = 300, 5, 8
START_SECONDS = 60  # a pod, and for some of them a node
LEAST, MOST = 2, 40
QUIET, WAVE, END = 3.0, 30.0, 3_600  # tasks in a second; seconds
BEGINS, ENDS = 900, 1_500
Wanted = Callable[[int], float]


@dataclass
class Autoscaler:
    """An HPA with the chart's `celery.scalingBehavior`."""

    scale_on: str
    replicas: int = LEAST
    recommended: deque[tuple[int, int]] = field(default_factory=deque)
    changes: deque[tuple[int, int]] = field(default_factory=deque)

    def decide(self, now: int, wanted: float) -> None:
        after, percent = SCALE_IN[self.scale_on]
        desired = self.replicas if abs(wanted / self.replicas - 1) <= 0.1 else math.ceil(wanted)
        desired = min(MOST, max(LEAST, desired))
        self.recommended.append((now, desired))
        while self.recommended[0][0] <= now - after:
            self.recommended.popleft()
        up = self.replicas - self._changed(now, 30, 1)
        down = self.replicas - self._changed(now, 60, -1)
        limit = max(2 * up, up + 4)
        floor = min(math.ceil((1 - percent / 100) * down), down - 1)
        target = min(desired, limit) if desired > self.replicas else max(max(d for _, d in self.recommended), floor)
        target = min(target, self.replicas) if desired <= self.replicas else target
        self.changes.append((now, target - self.replicas))
        self.replicas = target

    def _changed(self, now: int, period: int, sign: int) -> int:
        return sum(by for at, by in self.changes if at > now - period and by * sign > 0)


def run(scale_on: str) -> tuple[float, float]:
    """The 95th percentile of the wait during and after the wave, and the minutes of pods."""
    wanted = WANTED[scale_on]
    hpa, waiting, running, waits = Autoscaler(scale_on), deque[int](), deque[int](), list[int]()
    starting: deque[int] = deque()
    ready, due, pod_seconds = LEAST, 0.0, 0
    for now in range(END):
        due += WAVE if BEGINS <= now < ENDS else QUIET
        waiting.extend([now] * int(due))
        due -= int(due)
        while running and running[0] <= now:
            running.popleft()
        while starting and starting[0] <= now:
            starting.popleft()
            ready += 1
        while waiting and len(running) < ready * SLOTS:
            waits += [now - waiting.popleft()]
            running.append(now + TASK_SECONDS)
        if now % 15 == 0:
            before = hpa.replicas
            hpa.decide(now, wanted(len(waiting) + len(running)))
            starting.extend([now + START_SECONDS] * max(0, hpa.replicas - before))
            for _ in range(before - hpa.replicas):
                if starting:
                    starting.pop()
                else:
                    ready -= 1
        pod_seconds += hpa.replicas
    assert not waiting
    return sorted(waits)[int(len(waits) * 0.95)], pod_seconds / 60


def on_wait(backlog: int) -> float:
    return workers_wanted(pool(SLOTS), OBJECTIVE * WAIT_SHARE, {"email": backlog}, {"email": TASK_SECONDS})


def on_length(backlog: int) -> float:
    return backlog / (2 * SLOTS)


WANTED: dict[str, Wanted] = {"wait": on_wait, "length": on_length}


def of_an_oracle() -> float:
    """The minutes of pods of somebody who knows the wave, and starts and stops pods at once."""
    quiet, wave = (max(LEAST, math.ceil(rate * TASK_SECONDS / SLOTS)) for rate in (QUIET, WAVE))
    return ((ENDS - BEGINS) * wave + (END - ENDS + BEGINS) * quiet) / 60


def test_the_wave_starts_within_the_objective_at_almost_the_least_cost() -> None:
    wait, pods = run("wait")
    _, pods_on_length = run("length")

    assert wait < OBJECTIVE
    assert pods < 1.15 * of_an_oracle() < pods_on_length


def test_a_steady_load_does_not_make_the_pool_swing() -> None:
    hpa, backlog = Autoscaler("wait"), 0.0
    sizes = []
    for now in range(0, 7_200, 15):
        started = min(backlog, hpa.replicas * SLOTS * 15 / TASK_SECONDS)
        backlog += 15 * 12 - started
        hpa.decide(now, on_wait(int(backlog)))
        sizes.append(hpa.replicas)

    assert max(sizes[240:]) - min(sizes[240:]) <= 1


if __name__ == "__main__":
    print({name: run(name) for name in WANTED}, of_an_oracle())
