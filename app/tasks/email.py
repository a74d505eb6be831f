"""Sending an e-mail once."""

from typing import Any

from celery import Task

from app.celery import celery
from app.reliability.once import Claim, Once
from app.reliability.waiting import wait
from app.services import mail

# Longer than the SMTP conversation can take with its time-outs.
LEASE_SECONDS = 60
# Longer than any redelivery or replay of the message.
KEEP_SECONDS = 7 * 86_400


@celery.task(bind=True, name="app.tasks.email.send_email")
def send_email(self: Task[Any, Any], key: str, to: str, subject: str, text: str) -> bool:
    """Send an e-mail unless the one with this key was sent; returns whether this run sent it.

    SMTP leaves one gap that no sender can close: the server accepted, and its answer or this worker was lost before it
    was noted. A second copy then goes out, with the same Message-ID, by which mail systems drop it.

    Example: `send_email.delay("welcome-7", "you@example.com", "Welcome", "Hello")`
    """
    once = Once(f"email:{key}", lease_seconds=LEASE_SECONDS, keep_seconds=KEEP_SECONDS)
    claim = once.claim()
    if claim is Claim.DONE:
        return False
    if claim is Claim.TAKEN:
        wait(self, once.patience())
    try:
        mail.send(key, to, subject, text)
    except Exception:
        once.give_up()
        raise
    once.finish()
    return True
