"""The shop's outside world: the payment gateway, metrics API and mail server of the local region, in threads."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.harness.processes import free_port
from tests.harness.servers import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "app" / "example"))
from outside.mail import Inbox
from outside.mail import serve as serve_mail
from outside.metrics import Metrics
from outside.web import World
from outside.web import serve as serve_web

from .slow_payments import SlowPayments

MERCHANT_KEY = "merchant-key"


@dataclass(frozen=True)
class Outside:
    """Other people's services; `world` holds their ledgers."""

    world: World
    payments: SlowPayments
    http_port: int
    smtp_port: int


@contextmanager
def outside(per_minute: int = 600) -> Iterator[Outside]:
    """All of them, with a metrics API that answers so often a minute."""
    payments = SlowPayments()
    world = World(payments, Metrics(per_minute), Inbox(), merchant_key=MERCHANT_KEY)
    smtp_port = free_port()
    mail = serve_mail(world.inbox, "127.0.0.1", smtp_port)
    web = serve_web(world, "127.0.0.1", 0)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        yield Outside(world, payments, int(web.server_address[1]), smtp_port)
    finally:
        web.shutdown()
        web.server_close()
        mail.stop()
