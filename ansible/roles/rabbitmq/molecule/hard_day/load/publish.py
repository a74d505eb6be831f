"""Publish orders continuously until SIGTERM: `publish.py PREFIX THREADS FILE`.

Each order is published with a publisher confirm, and repeated with the same task id until it is confirmed. FILE gets a
line for each confirmed order: id, time of the confirm, seconds, attempts. The exit code is 1 if an order was not
confirmed within a minute.
"""

import itertools
import signal
import sys
import threading
import time
from pathlib import Path

from celery_platform.transports.amqp.publish_budget import budget
from orders import orders

GIVE_UP_SECONDS = 60.0
stop = threading.Event()


def publish(order_id: str) -> tuple[float, int]:
    """Publish an order; returns the seconds and attempts until the broker confirmed it."""
    begun = time.monotonic()
    for attempt in itertools.count(1):
        try:
            with budget(5.0):
                orders.send_task("orders.order", (order_id,), task_id=order_id, retry=False)
        except Exception as error:  # after any error, the order is published again
            if time.monotonic() - begun > GIVE_UP_SECONDS:
                raise
            if attempt == 1:
                print(f"{order_id}: {type(error).__name__}", file=sys.stderr)
            time.sleep(0.1)
        else:
            return time.monotonic() - begun, attempt
    raise AssertionError


def publish_until_stopped(prefix: str, file: Path, failed: list[str]) -> None:
    """Publish the orders of one thread."""
    with file.open("a", buffering=1) as confirmed:
        for number in itertools.count():
            if stop.is_set():
                return
            order_id = f"{prefix}-{number}"
            try:
                took, attempts = publish(order_id)
            except Exception:
                failed.append(order_id)
                return
            confirmed.write(f"{order_id} {time.time():.3f} {took:.3f} {attempts}\n")


def main() -> None:
    """Run the threads until SIGTERM."""
    prefix, threads, file = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    failed: list[str] = []
    running = [
        threading.Thread(target=publish_until_stopped, args=(f"{prefix}-{number}", file, failed))
        for number in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    sys.exit(f"not confirmed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
