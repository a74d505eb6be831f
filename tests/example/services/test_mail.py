"""Which answers of a mail server are an e-mail's last, at each step of sending it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from celery_platform.reliability.errors import PermanentError, TransientError
from shop.services import mail

from tests.harness.environment import TestEnvironment
from tests.harness.processes import free_port

# RFC 5321, 4.2.2 and 4.2.3
PASSES = (421, 450, 451, 452, 454)
LASTS = (550, 551, 552, 553, 554)
STEPS = ("MAIL", "RCPT", "DATA")


@dataclass
class Answering:
    """A mail server's handler that refuses one step."""

    refusals: dict[str, str]

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.refusals.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if "RCPT" not in self.refusals:
            envelope.rcpt_tos.append(address)
        return self.refusals.get("RCPT", "250 OK")

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
        return self.refusals.get("DATA", "250 OK")


@pytest.fixture
def server(inside_sqs: TestEnvironment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:  # noqa: ARG001 - its prefix
    handler, port = Answering({}), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", str(port))
    controller.start()
    yield handler
    controller.stop()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("code", [*PASSES, *LASTS])
def test_an_answer_of_4xx_is_tried_again_and_one_of_5xx_is_final(server: Answering, step: str, code: int) -> None:
    server.refusals[step] = f"{code} said the server"

    with pytest.raises(TransientError if code in PASSES else PermanentError, match=str(code)):
        mail.send("key", "you@example.com", "Welcome", "Hello")
