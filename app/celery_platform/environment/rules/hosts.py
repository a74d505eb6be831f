"""Rules about names of hosts: those that the platform gives, and those that tasks, alerts and tokens come from."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from celery_platform.environment.derived.addresses import names
from celery_platform.environment.derived.broker import endpoint
from celery_platform.environment.errors import Problem
from celery_platform.environment.host_names import LONGEST_LABEL, LONGEST_NAME, fault_of
from celery_platform.environment.model import Environment
from celery_platform.environment.words import found


def hosts_outside_have_possible_names(env: Environment) -> Iterator[Problem]:
    """A name that DNS cannot have is never found; loopback and link-local addresses are the machine's or the pod's own.

    Refused by: every resolver (RFC 1035, 2.3.4; RFC 1123, 2.1; RFC 6890).
    """
    for path, host, written in _outside(env):
        if fault := fault_of(host):
            yield Problem(path, f"{found(written)}: {fault}", "a name such as db.example.com, or an IPv4 address")


def own_hosts_have_possible_names(env: Environment) -> Iterator[Problem]:
    """A host is called `<prefix>-<env>-worker-<pool>-<number>`, which is one label of DNS and the name of a Linux host.

    Refused by: systemd, which cuts a longer name, and DNS (RFC 1035, 2.3.4; hostname(7): 64 characters).
    """
    longest: dict[str, str] = {}
    for hosts in names(env, env.own_prefix).values():
        longest |= {name.rpartition("-")[0]: name for name in hosts}
    for group, name in longest.items():
        if len(name) > LONGEST_LABEL:
            pool = group.partition("-worker-")[2]
            path = f"pools.{pool}" if pool in env.pools else "name"
            allowed = f"a shorter name, so that {name} has at most {LONGEST_LABEL} characters"
            yield Problem(path, f"a host's name of {len(name)} characters", allowed)


def broker_has_a_possible_name(env: Environment) -> Iterator[Problem]:
    """In an existing zone, the broker is called `<prefix>-<env>-rabbitmq.<zone>`.

    Refused by: Route 53, InvalidChangeBatch (RFC 1035, 2.3.4).
    """
    broker = endpoint(env, env.own_prefix)
    if broker is not None and len(broker["host"]) > LONGEST_NAME:
        allowed = f"a zone with which {LONGEST_NAME} characters are enough"
        yield Problem("network.dns.zone", f"a name of {len(broker['host'])} characters for the broker", allowed)


def _outside(env: Environment) -> Iterator[tuple[str, str, str]]:
    """The path of each host outside the platform, the host, and the text that contains it."""
    for name, service in env.services.items():
        if service.host is not None:
            yield f"services.{name}.host", service.host, service.host
        if service.url is not None and (host := urlsplit(service.url).hostname):
            yield f"services.{name}.url", host, service.url
    # Alertmanager, which sends the mail, may have a relay beside it on the monitoring host.
    if env.alerts.smtp is not None and env.alerts.smtp.host != "localhost":
        yield "alerts.smtp.host", env.alerts.smtp.host, env.alerts.smtp.host
    if env.delivery is not None:
        yield "delivery.issuer", env.delivery.issuer.partition("/")[0], env.delivery.issuer


RULES = (hosts_outside_have_possible_names,)
RULES_OF_THE_DERIVED = (own_hosts_have_possible_names, broker_has_a_possible_name)
