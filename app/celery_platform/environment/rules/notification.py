"""Rules about who is notified."""

import re
from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.host_names import fault_of
from celery_platform.environment.model import Environment
from celery_platform.environment.words import found

# RFC 5321, 4.5.3.1, and RFC 5322, 3.2.3: an atom, or atoms with dots between them.
LONGEST_ADDRESS = 254
LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def notify_is_an_address(env: Environment) -> Iterator[Problem]:
    """Alerts are mailed: by an SNS subscription with the protocol email, and by Alertmanager.

    Refused by: SNS, Subscribe, InvalidParameter (SNS API, Subscribe, Endpoint; RFC 5321, 4.1.2).
    """
    address = env.alerts.notify
    local, at, domain = address.rpartition("@")
    possible = bool(at) and _LOCAL.fullmatch(local) and re.search(r"\.[A-Za-z][A-Za-z0-9-]*$", domain)
    if not possible or len(address) > LONGEST_ADDRESS or len(local) > LONGEST_LOCAL or fault_of(domain):
        allowed = "one e-mail address such as oncall@example.com; a chat or pager takes mail at an address of its own"
        yield Problem("alerts.notify", found(address), allowed)


def a_login_to_mail_is_encrypted(env: Environment) -> Iterator[Problem]:
    """A password that is sent without TLS can be read on the way; Alertmanager refuses to send it."""
    smtp = env.alerts.smtp
    if smtp is not None and smtp.user is not None and not smtp.require_tls:
        yield Problem("alerts.smtp.require_tls", "false, with a user", "true, or no user")


def a_webhook_has_a_host_that_calls_it(env: Environment) -> Iterator[Problem]:
    """Alertmanager on the monitoring host calls the pager and the dead man's switch; without that host nothing does."""
    if env.monitoring.instance_type is None:
        for key, wanted in (("pager", env.alerts.pager), ("dead_man_switch", env.alerts.dead_man_switch)):
            if wanted:
                yield Problem(
                    f"alerts.{key}", "true, without a monitoring host", "false, or a monitoring.instance_type"
                )


RULES = (notify_is_an_address, a_login_to_mail_is_encrypted, a_webhook_has_a_host_that_calls_it)
