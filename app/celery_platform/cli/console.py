"""`app console`: pages for operators."""

from pathlib import Path
from typing import Annotated

import typer

from celery_platform.cli.env import Env, choose

LIBRARIES = ("cryptography", "jinja2", "jwt", "starlette", "uvicorn")


def console(
    env: Env = "",
    address: Annotated[str, typer.Option(help="the interface to serve on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="the port to serve on")] = 8321,
    behind_load_balancer: Annotated[
        str, typer.Option(metavar="ARN", help="the load balancer that signs people in; needed on all but loopback")
    ] = "",
    prometheus: Annotated[
        str,
        typer.Option(
            envvar="CELERY_PROMETHEUS_URL",
            help="the Prometheus to ask for alerts and error budgets; by default that of `app tunnel`",
        ),
    ] = "",
    allow_actions: Annotated[
        bool, typer.Option("--allow-actions", help="let people replay messages and pause queues")
    ] = False,
    audit_log: Annotated[
        Path, typer.Option(metavar="FILE", help="to which each action is written, as a line of JSON")
    ] = Path("console-audit.jsonl"),
    interval: Annotated[
        float, typer.Option(min=0, help="least seconds between two polls of the broker; 0: 10, and 30 on SQS")
    ] = 0,
    admissions: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="let in whom `app console-admit` admits there, and print no token"),
    ] = None,
    here: Annotated[
        bool, typer.Option("--here", help="serve one on this machine, also where the environment runs one")
    ] = False,
    without_application_secrets: Annotated[
        bool, typer.Option(help="import the application with placeholders, to read no secret of its own")
    ] = False,
) -> None:
    """Serve pages that show what is late, what failed and why, until stopped. Read-only unless --allow-actions.

    With --env, where the environment runs a console on its monitoring host, open that one instead.
    """
    choose(env)
    if env and not here and _opened(allow_actions=allow_actions):
        return
    _need_libraries()
    import logging

    from celery_platform.console.serve import Options, serve
    from celery_platform.settings import runtime, use
    from celery_platform.settings.placeholders import WithoutApplicationSecrets
    from celery_platform.settings.tunnelled import local_url

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if without_application_secrets:
        use(WithoutApplicationSecrets(runtime().environment, runtime().discovery))
    asked = prometheus or local_url(env, "prometheus")
    serve(
        runtime(), Options(address, port, behind_load_balancer, admissions, asked, allow_actions, audit_log, interval)
    )


def _opened(*, allow_actions: bool) -> bool:
    """Print an address of the environment's running console; returns whether it has one.

    Raises:
        SettingsError: the person asked for actions, which only the environment file allows there.
        TunnelError: it cannot be reached.
    """
    import json

    from celery_platform.console.opening import runs_on_the_gate, signed_in_address
    from celery_platform.errors import SettingsError
    from celery_platform.output import say
    from celery_platform.settings.chosen import chosen_file

    resolved = json.loads(chosen_file().read_text())
    if not runs_on_the_gate(resolved):
        return False
    if allow_actions and not resolved["console"]["allow_actions"]:
        raise SettingsError(
            expected="`allow_actions: true` in the section console of environment.yml",
            found=f"false: the console that {resolved['name']} runs only shows",
            remedy="Set it, and run `make render plan apply site`; or add --here to serve one on this machine.",
        )
    say(f"the console of {resolved['name']}, once and within two minutes: {signed_in_address(resolved)}")
    return True


def console_admit(
    digest: Annotated[str, typer.Argument(metavar="SHA256", help="of a token that only the person knows")],
    name: Annotated[str, typer.Argument(help="who comes, for the audit log")],
    admissions: Annotated[Path, typer.Option(metavar="FOLDER", help="that of the console")] = Path(
        "/run/celery-console/admissions"
    ),
) -> None:
    """Where a console runs: let whoever has a token open one session within two minutes. `make console` asks for it."""
    from celery_platform.console.security.admissions import Admissions

    Admissions(admissions).admit(digest, name)


def _need_libraries() -> None:
    """Check that the console's libraries are installed, which workers do not have.

    Raises:
        SettingsError: one is not.
    """
    from importlib.util import find_spec

    from celery_platform.errors import SettingsError

    absent = [name for name in LIBRARIES if find_spec(name) is None]
    if absent:
        raise SettingsError(
            expected="the libraries of the console",
            found=f"none named {', '.join(absent)}",
            remedy="Install the package with its extra: celery-platform[console].",
        )
