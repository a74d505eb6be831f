"""The tasks of the demo: pictures, orders, e-mails and metrics fetches, some of them more than once on purpose."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shop.demo.errors import DemoError
from shop.services import mail, media
from shop.tasks.email import send_email
from shop.tasks.metrics import fetch_social_metrics
from shop.tasks.payments import charge_customer
from shop.tasks.thumbnails import contact_sheet, original_key, resize_image

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
# Every fourth order and e-mail is requested twice, as by an impatient client (two messages), and every fifth is
# delivered twice, as by the broker (the same message).
SENT_TWICE, DELIVERED_TWICE = 4, 5


@dataclass
class Sent:
    """What was published: how often each task id must end, which must fail, and the expected external effects."""

    run_id: str
    deliveries: Counter[str] = field(default_factory=Counter)
    must_fail: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    message_ids: set[str] = field(default_factory=set)
    sheets: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Number of ends of tasks to wait for."""
        return self.deliveries.total()


def photographs(folder: Path) -> list[Path]:
    """The pictures in a folder.

    Raises:
        DemoError: the folder does not exist or has no pictures.
    """
    found = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not found:
        raise DemoError(
            expected=f"photographs ({', '.join(sorted(SUFFIXES))}) in {folder}",
            found="none" if folder.is_dir() else "no such folder",
            remedy="Choose another folder with --images.",
        )
    return found


def send(pictures: list[Path], each: int) -> Sent:
    """Upload the pictures and publish all tasks."""
    sent = Sent(f"demo-{uuid.uuid4().hex[:8]}")
    for picture in pictures:
        _send_picture(sent, picture)
    for number in range(each):
        _send_order(sent, number)
        _send_mail(sent, number)
        result = fetch_social_metrics.apply_async((f"{sent.run_id}-user-{number}",), headers=_headers(sent))
        sent.deliveries[result.id] += 1
    _send_failure(sent)
    return sent


def _headers(sent: Sent) -> dict[str, str]:
    return {"run_id": sent.run_id}


def _send_picture(sent: Sent, picture: Path) -> None:
    image = f"{sent.run_id}/{picture.name}"
    media.write(original_key(image), picture.read_bytes(), "application/octet-stream")
    sheet = contact_sheet(image).apply_async(headers=_headers(sent))
    sent.sheets.append(image)
    for part in (sheet, *sheet.parent.results):
        sent.deliveries[part.id] += 1


def _send_order(sent: Sent, number: int) -> None:
    order = f"{sent.run_id}-order-{number}"
    sent.orders.add(order)
    _send_some_twice(
        sent, number, charge_customer, {"order_id": order, "amount_cents": 100 + number, "currency": "EUR"}
    )


def _send_mail(sent: Sent, number: int) -> None:
    key = f"{sent.run_id}-welcome-{number}"
    sent.message_ids.add(mail.message_id(key))
    content = {"key": key, "to": f"customer-{number}@example.com", "subject": f"Welcome {number}", "text": "Hello."}
    _send_some_twice(sent, number, send_email, content)


def _send_some_twice(sent: Sent, number: int, task: object, arguments: Mapping[str, object]) -> None:
    first = uuid.uuid4().hex
    ids = [first]
    if number % SENT_TWICE == 0:
        ids.append(uuid.uuid4().hex)
    if number % DELIVERED_TWICE == 0:
        ids.append(first)
    for task_id in ids:
        task.apply_async(kwargs=dict(arguments), task_id=task_id, headers=_headers(sent))  # type: ignore[attr-defined]
        sent.deliveries[task_id] += 1


def _send_failure(sent: Sent) -> None:
    """Publish a task for a missing picture, which fails for good and becomes a dead-lettered message."""
    result = resize_image.apply_async((f"{sent.run_id}/missing.jpg", "small"), headers=_headers(sent))
    sent.deliveries[result.id] += 1
    sent.must_fail.add(result.id)
