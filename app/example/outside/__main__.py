"""Run the external services on the ports in the process environment, until the process is stopped."""

import os
import signal
import sys
from types import FrameType

from outside.mail import Inbox
from outside.mail import serve as serve_mail
from outside.metrics import Metrics
from outside.payments import Payments
from outside.web import World
from outside.web import serve as serve_web


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, _stop)
    world = World(
        Payments(), Metrics(int(os.environ["METRICS_RATE_PER_MINUTE"])), Inbox(), os.environ.get("MERCHANT_KEY") or None
    )
    # All addresses of this container, which is reachable only over the region's network.
    serve_mail(world.inbox, "0.0.0.0", int(os.environ["OUTSIDE_SMTP_PORT"]))  # noqa: S104
    serve_web(world, "0.0.0.0", int(os.environ["OUTSIDE_HTTP_PORT"])).serve_forever()  # noqa: S104


if __name__ == "__main__":
    main()
