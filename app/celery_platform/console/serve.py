"""Serve the console until it is stopped."""

import ipaddress
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from celery_platform.brokers import broker_of
from celery_platform.console.application import application
from celery_platform.console.audit import AuditLog
from celery_platform.console.security.admissions import Admissions
from celery_platform.console.security.load_balancer import LoadBalancerAuthentication
from celery_platform.console.security.loopback import LoopbackAuthentication
from celery_platform.console.security.person import Authentication, Person
from celery_platform.console.site import Site
from celery_platform.console.state.backlogs import shared_backlogs
from celery_platform.console.state.dead_letter_turn import DeadLetterTurn
from celery_platform.console.state.dry_runs import shared_dry_runs
from celery_platform.console.state.failures.reading import LEAST_SECONDS, FailureReader
from celery_platform.console.state.overview import Overview, shared_overview
from celery_platform.console.state.releases import shared_releases
from celery_platform.console.state.replays import USUAL_RATE, Replay, Replays
from celery_platform.console.state.running import shared_reports
from celery_platform.console.state.schedule import shared_schedule
from celery_platform.console.state.shared import Seen, Shared
from celery_platform.console.state.source import OneSource
from celery_platform.console.state.tasks import shared_searches, shared_timelines
from celery_platform.console.state.whys import shared_whys
from celery_platform.errors import SettingsError
from celery_platform.output import say
from celery_platform.settings import QueueSettings, Runtime

# Requests beyond these are answered 503: a page takes milliseconds, and an operator has a few pages open.
MOST_CONNECTIONS = 200
# How long the reading of dead letter queues, in the background, waits for a poll that is under way.
POLL_SECONDS = 60
# How long a console that stops waits for dead-lettered messages to be given back. The unit kills it after 20 s.
GIVE_BACK_SECONDS = 10


@dataclass(frozen=True)
class Options:
    """How a console is served. `load_balancer` is the ARN of the one that signs people in; empty on loopback.

    `admissions` is the folder in which `app console-admit` admits people, where the console runs as a service; without
    it, an address with a token is printed.
    `seconds` is the least time between two polls of the broker; 0 stands for the broker's usual interval.
    """

    address: str = "127.0.0.1"
    port: int = 8321
    load_balancer: str = ""
    admissions: Path | None = None
    prometheus: str = ""
    allow_actions: bool = False
    audit_log: Path = Path("console-audit.jsonl")
    seconds: float = 0


def serve(runtime: Runtime, options: Options) -> None:
    """Print the console's address and serve it until SIGTERM or SIGINT.

    Raises:
        SettingsError: it would be open to a network without a load balancer that signs people in, nobody could be
            admitted, or its port is taken.
    """
    authentication = authentication_of(options)
    site = site_of(runtime, options, authentication)
    listener = _listener(options)
    # The access log would have the token; addresses in headers are only believed where the signature is verified.
    server = uvicorn.Server(
        uvicorn.Config(
            application(site), access_log=False, log_level="warning",
            proxy_headers=False, server_header=False, date_header=True, limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=10, timeout_graceful_shutdown=5, ws="none", lifespan="off",
        )
    )  # fmt: skip
    say(f"the console of {runtime.environment.name}: {_address(options, authentication)}")
    # uvicorn sends itself the signal again when it has ended, which by default would end this process at once.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        server.run(sockets=[listener])
    finally:
        site.dead_letter_turn.stop(GIVE_BACK_SECONDS)
        site.replays.join(1)


def authentication_of(options: Options) -> Authentication:
    """How people are found out.

    Raises:
        SettingsError: as `serve`.
    """
    if options.load_balancer:
        return LoadBalancerAuthentication(options.load_balancer)
    if not _is_loopback(options.address):
        raise SettingsError(
            expected="an address of loopback, or --behind-load-balancer ARN",
            found=f"the address {options.address} without a load balancer that signs people in",
            remedy="Leave --address out and reach it through an SSH tunnel, or name the load balancer.",
        )
    if options.admissions is None:
        return LoopbackAuthentication(options.port, _in_url(options.address))
    admissions = Admissions(options.admissions)
    admissions.check()
    return LoopbackAuthentication(options.port, _in_url(options.address), admissions, forwarded=True)


def site_of(runtime: Runtime, options: Options, authentication: Authentication) -> Site:
    """What the pages of this console show.

    Raises:
        SettingsError: actions or sign-ins are to be written to the audit log, and it cannot be written.
    """
    source, audit = OneSource(runtime), AuditLog(options.audit_log)
    overview = shared_overview(runtime, source, options.prometheus, options.seconds)
    audits_sign_ins = options.admissions is not None
    if options.allow_actions or audits_sign_ins:
        audit.check()

    def ended(replay: Replay) -> None:
        failures.forget()
        dry_runs.forget()
        what = {"replay": replay.id, "state": replay.state, "sent": replay.done, "problem": replay.problem}
        audit.write(Person(replay.who, "", ""), "replay ended", what)

    turn = DeadLetterTurn(broker_of(runtime))
    replays = Replays(turn, ended)
    dry_runs = shared_dry_runs(runtime.environment.queues, turn, USUAL_RATE)
    reader = FailureReader(
        lambda: queues_to_read(runtime, overview.look(POLL_SECONDS, newest=True)),
        turn,
        lambda: replays.running is not None,
    )
    failures = Shared(reader, LEAST_SECONDS)
    return Site(
        runtime=runtime, authentication=authentication, overview=overview, failures=failures, failure_reader=reader,
        dry_runs=dry_runs, whys=shared_whys(runtime, source), replays=replays, workers=shared_reports(),
        schedule=shared_schedule(runtime), timelines=shared_timelines(), searches=shared_searches(), audit=audit,
        dead_letter_turn=turn, releases=shared_releases(), backlogs=shared_backlogs(runtime, options.prometheus),
        allow_actions=options.allow_actions, audits_sign_ins=audits_sign_ins,
    )  # fmt: skip


def queues_to_read(runtime: Runtime, seen: Seen[Overview]) -> list[QueueSettings]:
    """The queues that may have dead-lettered messages: on SQS, to find one queue empty takes a second.

    While a poll is under way, what the one before has found may be hours old, and leaves no queue out.
    """
    states = seen.value.snapshot.queues if seen.value and not seen.asking else {}
    return [
        queue for label, queue in runtime.environment.queues.items()
        if label not in states or states[label].dead_letters != 0
    ]  # fmt: skip


def _listener(options: Options) -> socket.socket:
    """Listen before the address is printed: another program that has it may not be sent the token."""
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    try:
        return socket.create_server((options.address, options.port), family=family)
    except OSError as error:
        raise SettingsError(
            expected=f"to listen at {_in_url(options.address)}:{options.port}",
            found=str(error),
            remedy="See what listens there (`ss -ltnp`), and stop it; or choose another port with --port.",
        ) from None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _address(options: Options, authentication: Authentication) -> str:
    base = f"http://{_in_url(options.address)}:{options.port}"
    if isinstance(authentication, LoopbackAuthentication) and options.admissions is not None:
        return f"{base}, for people whom `app console-admit` admits"
    if isinstance(authentication, LoopbackAuthentication):
        return f"{base}/sign-in?token={authentication.token}"
    return f"port {options.port}, for people whom {options.load_balancer} has signed in"


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address
