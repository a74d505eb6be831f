"""Sending one e-mail over SMTP."""

import hashlib
import smtplib
from email.message import EmailMessage

from celery_platform.reliability.errors import PermanentError, TransientError
from celery_platform.settings import runtime

from shop.needs import needed

TIMEOUT_SECONDS = 8


def message_id(key: str) -> str:
    """The Message-ID of the e-mail with this key. It is always the same, so that receivers can detect duplicates."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{runtime().environment.prefix}.invalid>"


def send(key: str, to: str, subject: str, text: str) -> None:
    """Send an e-mail through the SMTP server.

    Raises:
        TransientError: no connection, or a 4xx response.
        PermanentError: the server refuses the e-mail (5xx), or an address is invalid.
    """
    message = _message(key, to, subject, text)
    try:
        with smtplib.SMTP(needed("SMTP_HOST"), int(needed("SMTP_PORT")), timeout=TIMEOUT_SECONDS) as server:
            server.send_message(message)
    except smtplib.SMTPResponseException as error:
        kind = PermanentError if error.smtp_code >= 500 else TransientError
        raise kind(f"SMTP {error.smtp_code}: {error.smtp_error!r}") from error
    except smtplib.SMTPRecipientsRefused as error:
        # A 4xx here is greylisting, a full mailbox or a server that is about to close (RFC 5321, 4.2.1).
        later = any(code < 500 for code, _ in error.recipients.values())
        raise (TransientError if later else PermanentError)(f"SMTP refused {to}: {error.recipients}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise TransientError(f"SMTP: {error}") from error


def _message(key: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    try:
        message["From"] = f"no-reply@{runtime().environment.prefix}.invalid"
        message["To"] = to
        message["Subject"] = subject
    except ValueError as error:  # a line break in a header
        raise PermanentError(f"invalid e-mail: {error}") from error
    message["Message-ID"] = message_id(key)
    message.set_content(text)
    return message
