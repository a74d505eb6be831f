"""`app deploy`, `app rollback`: the pods of an environment on its cluster."""

from pathlib import Path
from typing import Annotated, Any

import typer

Name = Annotated[str, typer.Argument(metavar="ENV", help="an environment of this checkout")]
Context = Annotated[
    str, typer.Option(metavar="NAME", help="a context of your kubeconfig instead of the environment's EKS cluster")
]


def deploy(
    name: Name,
    image: Annotated[
        str, typer.Option(metavar="REGISTRY/NAME@sha256:...", help="instead of this checkout's release")
    ] = "",
    console_image: Annotated[
        str, typer.Option(metavar="REGISTRY/NAME@sha256:...", help="the console's, where a pod runs it")
    ] = "",
    values: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="further values of the chart (values.yaml)"),
    ] = None,
    context: Context = "",
    keda_chart: Annotated[str, typer.Option(metavar="FILE", help="KEDA's pinned chart, if it was downloaded")] = "",
) -> None:
    """Deploy the pods of ENV: KEDA, namespace, release command and chart; goes back to the last release on failure."""
    from celery_platform.environment.files import resolved_file
    from celery_platform.environment.load import load
    from celery_platform.output import say
    from celery_platform.release.cluster import deploy as cluster
    from celery_platform.release.cluster import inputs
    from celery_platform.release.cluster.access import kubeconfig
    from celery_platform.release.cluster.tools import Cluster
    from celery_platform.release.release import release_of
    from celery_platform.settings.tunnelled import forwarded

    resolved = _rendered(name)
    chosen = image or inputs.image(resolved, release_of(load(name)).id)
    parameters = inputs.parameters(resolved)
    wanted = cluster.Deployment(
        resolved, resolved_file(name), chosen, parameters, values, _console_image(resolved, console_image, name)
    )
    with kubeconfig(resolved["eks"]["name"], context, forwarded(name)) as file:
        cluster.deploy(Cluster(file), wanted, say, keda_chart)


def rollback(
    name: Name,
    revision: Annotated[int | None, typer.Option(help="a release of helm; by default the one before this")] = None,
    context: Context = "",
) -> None:
    """Go back to an earlier release of ENV's pods. The release command does not run, so migrations are kept."""
    from celery_platform.output import say
    from celery_platform.release.cluster import deploy as cluster
    from celery_platform.release.cluster.access import kubeconfig
    from celery_platform.release.cluster.tools import Cluster
    from celery_platform.settings.tunnelled import forwarded

    resolved = _resolved(name)
    with kubeconfig(resolved["eks"]["name"], context, forwarded(name)) as file:
        cluster.rollback(Cluster(file), resolved, say, revision)


def _console_image(resolved: dict[str, Any], named: str, name: str) -> str:
    """The console's image, if a pod runs the console: the named one, or that of this checkout's release."""
    from celery_platform.environment.load import load
    from celery_platform.release.cluster import inputs
    from celery_platform.release.release import console_tag, release_of

    if resolved["console"] is None or resolved["console"]["runs_on"] != "eks":
        return ""
    return named or inputs.image(resolved, console_tag(release_of(load(name)).id))


def _rendered(name: str) -> dict[str, Any]:
    """The environment's values, if they are those that its file has now."""
    from celery_platform import rendering
    from celery_platform.environment.files import resolved_file
    from celery_platform.environment.load import load
    from celery_platform.errors import ChartError

    found = _resolved(name)
    file = resolved_file(name)
    if file in rendering.stale([name], {name: load(name)}):
        raise ChartError(
            expected=f"{file.name} of {name} as its environment.yml describes it",
            found="an older one",
            remedy="Run `make render`, and review and apply what changed.",
        )
    return found


def _resolved(name: str) -> dict[str, Any]:
    """The environment's values as they were rendered last, and its account."""
    import json

    from celery_platform.environment.files import resolved_file
    from celery_platform.settings.chosen import choose

    choose(name)
    found: dict[str, Any] = json.loads(resolved_file(name).read_text())
    return found
