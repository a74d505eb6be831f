"""Stands in for the application: writes down how it was started, and takes two seconds to finish when asked to stop."""

import json
import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    """Run until SIGTERM, then finish the task in hand."""
    instance = Path(os.environ["RUNTIME_DIRECTORY"])
    environment = json.loads(Path(os.environ["CELERY_ENVIRONMENT_FILE"]).read_text())
    started = {"arguments": sys.argv[1:], "environment": environment["name"], "region": os.environ["AWS_REGION"]}
    (instance / "started.json").write_text(json.dumps(started))

    def stop(*_: object) -> None:
        time.sleep(2)
        (Path(os.environ["STATE_DIRECTORY"]) / f"{instance.name}-stopped").write_text("finished the task in hand")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        signal.pause()
