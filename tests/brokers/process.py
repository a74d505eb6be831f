"""`python -m tests.brokers.process worker|run CODE`: the platform's app, the contract's tasks added to its routes."""

import sys

from app.routes import QUEUE_OF_TASK
from tests.brokers import tasks


def main() -> None:
    """Start a worker of the pool `contract`, or run code that may name the tasks, as a producer would."""
    if sys.argv[1] == "worker":
        from app.worker.start import start_worker

        start_worker("contract")
    else:
        exec(sys.argv[2], vars(tasks) | {"sys": sys})  # noqa: S102 - the tests' own code


if __name__ == "__main__":
    QUEUE_OF_TASK.update(tasks.QUEUE_OF_TASK)  # type: ignore[attr-defined]
    main()
