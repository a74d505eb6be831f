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
        str, typer.Option(envvar="CELERY_PROMETHEUS_URL", help="the Prometheus to ask for alerts")
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
    without_application_secrets: Annotated[
        bool, typer.Option(help="import the application with placeholders, to read no secret of its own")
    ] = False,
) -> None:
    """Serve pages that show what is late, what failed and why, until stopped. Read-only unless --allow-actions."""
    choose(env)
    _need_libraries()
    import logging

    from celery_platform.console.serve import Options, serve
    from celery_platform.settings import runtime, use
    from celery_platform.settings.placeholders import WithoutApplicationSecrets

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if without_application_secrets:
        use(WithoutApplicationSecrets(runtime().environment, runtime().discovery))
    serve(
        runtime(),
        Options(address, port, behind_load_balancer, admissions, prometheus, allow_actions, audit_log, interval),
    )


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
