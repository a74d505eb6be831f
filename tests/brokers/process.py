"""`python -m tests.brokers.process worker|run CODE`: the platform's app, the contract's tasks added to its routes."""

import sys

from tests.brokers import tasks


def main() -> None:
    """Start a worker of the pool `contract`, or run code that may name the tasks, as a producer would."""
    if sys.argv[1] == "worker":
        from celery_platform.worker.start import start_worker

        start_worker("contract")
    else:
        exec(sys.argv[2], vars(tasks) | {"sys": sys})  # noqa: S102 - the tests' own code


if __name__ == "__main__":
    main()
