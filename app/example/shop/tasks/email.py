"""Sending an e-mail once."""

from typing import Any

from celery import Task
from celery_platform.reliability.idempotent import idempotent

from shop.celery import celery
from shop.services import mail


@celery.task(bind=True, name="shop.tasks.email.send_email")
@idempotent(key=lambda key, **_: f"email:{key}")
def send_email(_self: Task[Any, Any], key: str, to: str, subject: str, text: str) -> str:
    """Send an e-mail unless the one with this key was sent; returns its Message-ID.

    SMTP has a gap that no sender can close: the server accepted the e-mail, but its response or this worker was lost
    before that was recorded. A second copy is then sent with the same Message-ID, with which mail systems can drop it.

    Raises:
        TransientError: retried. PermanentError: the server refuses the e-mail; dead-lettered.

    Example: `send_email.delay("welcome-7", "you@example.com", "Welcome", "Hello")`
    """
    mail.send(key, to, subject, text)
    return mail.message_id(key)
