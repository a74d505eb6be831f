"""`app exporter` and `app status`: what operators and Prometheus read."""

from typing import Annotated

import typer

from celery_platform.cli.env import Env, choose


def exporter(
    env: Env = "",
    address: Annotated[str, typer.Option(help="the interface to serve on")] = "0.0.0.0",  # noqa: S104 - scraped
    port: Annotated[
        int, typer.Option(min=1, max=65_535, envvar="CELERY_METRICS_PORT", help="the port to serve on")
    ] = 9540,
    interval: Annotated[
        float,
        typer.Option(min=0, help="seconds between two polls of the broker; 0: 10, and 30 on SQS, which bills each"),
    ] = 0,
) -> None:
    """Serve depth, age, consumers and dead-lettered messages of every queue to Prometheus until stopped."""
    choose(env)
    import logging

    from celery_platform.brokers import source_of
    from celery_platform.observability.exporter.run import run

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    run(address, port, interval, source_of)


def deletion_costs(
    instance: Annotated[str, typer.Option(help="the environment's prefix, such as celery-prod")],
    port: Annotated[int, typer.Option(min=1, max=65_535, help="on which workers serve metrics")] = 9540,
) -> None:
    """In a pod of the chart: let Kubernetes end idle workers first when a pool shrinks, until stopped."""
    import logging

    from celery_platform.observability.deletion_costs.kubernetes import of_this_pod
    from celery_platform.observability.deletion_costs.run import run

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    run(of_this_pod(), instance, port)


def status(
    env: Env = "",
    once: Annotated[bool, typer.Option("--once", help="poll twice, two seconds apart, print, and end")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="the same as JSON, for scripts")] = False,
    interval: Annotated[float, typer.Option(min=1, help="seconds between two polls")] = 5,
    prometheus: Annotated[
        str,
        typer.Option(
            envvar="CELERY_PROMETHEUS_URL",
            help="the Prometheus to ask for alerts and error budgets, such as http://localhost:9090; by default that "
            "of `app tunnel`",
        ),
    ] = "",
) -> None:
    """Show queues, pools, dead-lettered messages and alerts, live. With --once, exit 1 when one needs attention."""
    choose(env)
    from celery_platform.brokers import source_of
    from celery_platform.observability.status.show import show
    from celery_platform.settings.tunnelled import local_url

    asked = prometheus or local_url(env, "prometheus")
    healthy = show(source_of, once=once, as_json=as_json, interval=interval, prometheus=asked)
    raise typer.Exit(0 if healthy else 1)
