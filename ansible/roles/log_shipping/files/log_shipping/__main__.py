"""Send the journal of this host to CloudWatch Logs, every entry at least once.

The journal is the buffer: the place in it is written down after CloudWatch has accepted what is before that place, and
nothing more is read while CloudWatch does not answer. After a crash, what was accepted last is sent again.
`log-shipping.service` runs it on every host of an environment with `logs: {hosts: true}`:

    python3 /usr/local/lib/log_shipping --group /celery/celery-prod/hosts --stream worker-1
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import boto3
from botocore.config import Config
from entries import Journal, journal_after
from stream import Batch, Stream


def ship(stream: Stream, journal: Journal, place: Path, stop: threading.Event, gather: float) -> None:
    """Send the journal in batches, each `gather` seconds after its first entry, until the program is to stop."""
    batch, held = Batch(gather), None
    while batch.events or not stop.is_set():
        event, held = held or journal.next(0 if stop.is_set() else min(1.0, batch.waits_seconds())), None
        if event and batch.takes(event):
            batch.add(event)
        else:
            held = event
        if batch.events and (held or stop.is_set() or not batch.waits_seconds()):
            if not stream.send(batch.events):
                return
            write_down(place, batch.events[-1].cursor)
            batch = Batch(gather)


def write_down(place: Path, cursor: str) -> None:
    """Write the place in the journal, whole or not at all.

    Without room on the disk it goes on: ended and started again, it would send the same entries again and again.
    """
    new = place.with_suffix(".new")
    try:
        with new.open("w") as file:
            file.write(cursor)
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    except OSError as error:
        print(f"the place in the journal cannot be written down: {error}", file=sys.stderr)


def main() -> int:
    """Ship until SIGTERM; what has been read by then is sent first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", required=True, help="the log group, which Terraform creates")
    parser.add_argument("--stream", required=True, help="the name of this host")
    parser.add_argument("--gather", type=float, default=3.0, help="seconds for which an entry waits for others")
    options = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    place = Path(os.environ["STATE_DIRECTORY"]) / "cursor"
    config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 3})
    stream = Stream(boto3.client("logs", config=config), options.group, options.stream, stop)
    with journal_after(place.read_text() if place.exists() else "") as journal:
        try:
            ship(stream, journal, place, stop, options.gather)
        except EOFError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
