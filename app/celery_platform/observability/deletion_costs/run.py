"""`app deletion-costs`: look at every worker, and write the cost of each whose load has changed."""

import logging
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import urllib3

from celery_platform.errors import AppError
from celery_platform.observability.deletion_costs.kubernetes import Kubernetes, WorkerPod

logger = logging.getLogger(__name__)

# As often as an HPA decides (kubernetes.io, "Horizontal Pod Autoscaling", --horizontal-pod-autoscaler-sync-period).
INTERVAL_SECONDS = 15.0
AT_ONCE = 8
TIMEOUT = urllib3.Timeout(connect=1, read=3)
ACTIVE = re.compile(r"^celery_worker_tasks_active(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


def cost_of(active: int) -> int:
    """The cost of a worker that runs this many tasks: 0 if it is idle, else one more for each doubling.

    Every write is an update of a pod in the API server, so loads that differ little have the same cost.

    Example: `[cost_of(active) for active in (0, 1, 2, 3, 4, 32)] == [0, 1, 2, 2, 3, 6]`
    """
    return active.bit_length()


def active_tasks(address: str, port: int, http: urllib3.PoolManager) -> int | None:
    """The number of tasks that a worker runs, from its metrics; `None` if it does not say."""
    at = f"[{address}]" if ":" in address else address
    try:
        answer = http.request("GET", f"http://{at}:{port}/metrics", retries=False, timeout=TIMEOUT)
    except urllib3.exceptions.HTTPError:
        return None
    found = ACTIVE.search(answer.data.decode(errors="replace")) if answer.status == 200 else None
    try:
        return int(float(found[1])) if found else None
    except (ValueError, OverflowError):  # no number, NaN or Inf: one such worker must not end the round of all
        return None


def update(kubernetes: Kubernetes, instance: str, port: int, http: urllib3.PoolManager) -> int:
    """Write the cost of each worker whose load has changed; returns how many were written.

    A pod whose cost the Kubernetes API refuses is logged, and the others have theirs.

    Raises:
        AppError, HTTPError: the API refuses the list of pods, or does not answer: to none of them, then.
    """

    def changed(pod: WorkerPod) -> tuple[WorkerPod, int] | None:
        active = active_tasks(pod.address, port, http)
        return None if active is None or cost_of(active) == pod.cost else (pod, cost_of(active))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        changes = [change for change in pool.map(changed, kubernetes.workers(instance)) if change]
    return sum(_is_written(kubernetes, pod, cost) for pod, cost in changes)


def _is_written(kubernetes: Kubernetes, pod: WorkerPod, cost: int) -> bool:
    try:
        kubernetes.set_cost(pod, cost)
    except AppError as error:
        logger.warning("cannot write the deletion cost of pod %s: %s", pod.name, error)
        return False
    return True


def run(kubernetes: Kubernetes, instance: str, port: int) -> None:
    """Update the costs until SIGTERM or SIGINT. An error is logged, and the next round tries again.

    Without costs, Kubernetes picks by its other rules; nothing else depends on them.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    http = urllib3.PoolManager(num_pools=AT_ONCE)
    while not stop.is_set():
        try:
            update(kubernetes, instance, port, http)
        except (AppError, urllib3.exceptions.HTTPError, OSError) as error:
            logger.warning("cannot update deletion costs: %s", error)
        stop.wait(INTERVAL_SECONDS)
