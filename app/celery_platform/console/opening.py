"""Open the console that an environment runs as a service, from a person's machine."""

import secrets
from typing import Any

from celery_platform.console.security.admissions import digest_of
from celery_platform.errors import TunnelError
from celery_platform.settings.tunnelled import local_url
from celery_platform.tunnel.host_command import CONTAINER, person_at_gate, run_on_gate
from celery_platform.tunnel.targets import CONSOLE, gate_ports

Json = dict[str, Any]
ADMIT = "celery-console-admit"  # that the role celery_console installs


def runs_on_the_gate(resolved: Json) -> bool:
    """Whether the monitoring host of an environment runs a console.

    Example: `runs_on_the_gate(json.loads(chosen_file().read_text()))`
    """
    return CONSOLE in gate_ports(resolved)


def signed_in_address(resolved: Json) -> str:
    """An address that opens the running console once, within two minutes.

    The token in it is made here. The host is told its digest only.

    Raises:
        TunnelError: no tunnel forwards the console, or its host does not admit anybody.
    """
    name = resolved["name"]
    address = local_url(name, CONSOLE)
    if not address:
        here = resolved["hosts"]["connection"] == CONTAINER
        forwards = "`make up`, which forwards it" if here else f"`make tunnel ENV={name}` in another terminal"
        raise TunnelError(
            f"a tunnel to {name} that forwards its console",
            "none from this checkout",
            f"Run {forwards}, or add ARGS=--here to serve one on this machine.",
        )
    token = secrets.token_urlsafe(32)
    run_on_gate(resolved, [ADMIT, digest_of(token), person_at_gate(resolved)])
    return f"{address}/sign-in?token={token}"
