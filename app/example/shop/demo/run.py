"""`make demo`: send work, watch it being done, and say what became of it."""

import json
import time
from pathlib import Path
from typing import Any

from celery_platform.brokers import broker_of
from celery_platform.observability.counts import run_key
from celery_platform.reliability.errors import PermanentError
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shop.celery import celery
from shop.demo.outcome import ended, outcome
from shop.demo.table import show
from shop.demo.work import Sent, photographs, send
from shop.services import media
from shop.tasks.thumbnails import sheet_key

out = Console(highlight=False, soft_wrap=True)
POLL_SECONDS = 0.2
# SQS counts approximately: its number may need a moment.
DEAD_LETTER_SECONDS = 15


def run(images: Path, output: Path, each: int, patience: int) -> bool:
    """Run the demo; true when nothing was lost or repeated and only what had to fail failed.

    Raises:
        DemoError: there are no photographs.
        SettingsError, BrokerError: the environment cannot be used.
    """
    pictures = photographs(images)
    environment = runtime().environment
    out.print(f"environment {environment.name}, broker {environment.broker_kind}: {len(pictures)} photographs")
    out.print(f"{each} each of orders, e-mails, metrics fetches, some twice on purpose; and one task that must fail")
    before = _dead_letters()
    sent = send(pictures, each)
    records = _watch(sent, patience)
    grown = _grown(before, len(sent.must_fail))
    result = outcome(sent, records, grown)
    show(out, result, _download(sent, output), output)
    return result.good


def _watch(sent: Sent, patience: int) -> list[dict[str, Any]]:
    """Follow the run's records until every task ended, or none did for `patience` seconds."""
    key = run_key(sent.run_id)
    records: list[dict[str, Any]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        bar = progress.add_task("tasks", total=sent.total)
        last_news = time.monotonic()
        while ended(records) < sent.total and time.monotonic() - last_news < patience:
            fresh = [json.loads(line) for line in valkey().lrange(key, len(records), -1)]
            if fresh:
                records += fresh
                last_news = time.monotonic()
                progress.update(bar, completed=ended(records))
            time.sleep(POLL_SECONDS)
    return records


def _dead_letters() -> dict[str, int]:
    environment = runtime().environment
    broker = broker_of(runtime())
    with celery.connection_for_read() as connection:
        broker.declare_dead_letters(connection)
        return {label: broker.dead_letters(connection, queue) for label, queue in environment.queues.items()}


def _grown(before: dict[str, int], expected: int) -> dict[str, int]:
    """By how much each dead letter queue grew."""
    deadline = time.monotonic() + DEAD_LETTER_SECONDS
    while True:
        grown = {label: count - before[label] for label, count in _dead_letters().items()}
        if sum(grown.values()) >= expected or time.monotonic() > deadline:
            return grown
        time.sleep(1)


def _download(sent: Sent, output: Path) -> list[Path]:
    """Fetch the contact sheets that there are."""
    output.mkdir(parents=True, exist_ok=True)
    files = []
    for image in sent.sheets:
        file = output / f"{Path(image).stem}-sheet.jpg"
        try:
            file.write_bytes(media.read(sheet_key(image)))
        except PermanentError:
            continue
        files.append(file)
    return files
