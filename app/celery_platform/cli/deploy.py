"""`app deploy`, `app rollback`: the pods of an environment on its cluster."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from celery_platform.release.cluster.deploy import Deployment

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
    release: Annotated[str, typer.Option(metavar="ID", help="a recorded release: its image, chart and values")] = "",
    values: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="further values of the chart (values.yaml)"),
    ] = None,
    context: Context = "",
    keda_chart: Annotated[str, typer.Option(metavar="FILE", help="KEDA's pinned chart, if it was downloaded")] = "",
) -> None:
    """Deploy the pods of ENV: KEDA, namespace, release command and chart; goes back to the last release on failure."""
    from celery_platform.output import say
    from celery_platform.release.cluster import deploy as cluster
    from celery_platform.release.cluster.access import kubeconfig
    from celery_platform.release.cluster.tools import Cluster
    from celery_platform.settings.tunnelled import forwarded

    wanted = (
        _recorded(name, release, image, console_image, values)
        if release
        else _of_checkout(name, image, console_image, values)
    )
    with kubeconfig(wanted.resolved["eks"]["name"], context, forwarded(name)) as file:
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
    from celery_platform.release.configuration import last_rendered
    from celery_platform.settings.tunnelled import forwarded

    resolved = last_rendered(name)
    with kubeconfig(resolved["eks"]["name"], context, forwarded(name)) as file:
        cluster.rollback(Cluster(file), resolved, say, revision)


def _in_a_pod(resolved: dict[str, Any]) -> bool:
    """Whether a pod runs the console."""
    return resolved["console"] is not None and resolved["console"]["runs_on"] == "eks"


def _console_image(resolved: dict[str, Any], named: str, name: str) -> str:
    """The console's image, if a pod runs the console: the named one, or that of this checkout's release."""
    from celery_platform.environment.load import load
    from celery_platform.release.cluster import inputs
    from celery_platform.release.release import console_tag, release_of

    if not _in_a_pod(resolved):
        return ""
    return named or inputs.image(resolved, console_tag(release_of(load(name)).id))


def _of_checkout(name: str, image: str, console_image: str, values: Path | None) -> "Deployment":
    """The chart and values of this checkout, with the image of its release unless another is named."""
    from celery_platform.environment.files import resolved_file
    from celery_platform.environment.load import load
    from celery_platform.release.cluster import inputs
    from celery_platform.release.cluster.deploy import Deployment
    from celery_platform.release.configuration import rendered
    from celery_platform.release.release import release_of

    resolved = rendered(name)
    chosen = image or inputs.image(resolved, release_of(load(name)).id)
    return Deployment(
        resolved, resolved_file(name), chosen, inputs.parameters(resolved), values,
        _console_image(resolved, console_image, name),
    )  # fmt: skip


def _recorded(name: str, release: str, image: str, console_image: str, values: Path | None) -> "Deployment":
    """A recorded release, as it was pushed."""
    from celery_platform.errors import ReleaseError
    from celery_platform.release.cluster import inputs
    from celery_platform.release.cluster.deploy import Deployment
    from celery_platform.release.configuration import last_rendered
    from celery_platform.release.records import registry
    from celery_platform.release.records.fetch import for_pods
    from celery_platform.release.records.store import store_of

    if image:
        raise ReleaseError(
            expected="a recorded release or an image", found="both", remedy="Leave one out: a release names its image."
        )
    fetched = for_pods(store_of(last_rendered(name)), release)
    recorded, of_release = fetched.resolved, fetched.manifest.image
    assert of_release is not None  # noqa: S101 - for_pods refuses a release without one
    registry.check(of_release, recorded["registry"]["name"])
    if _in_a_pod(recorded) and not console_image:
        raise ReleaseError(
            expected="an image of the console, which a pod runs",
            found="none: a release's record has the workers' alone",
            remedy="Name it by its digest, with CONSOLE_IMAGE=REGISTRY/NAME@sha256:...",
        )
    return Deployment(
        recorded, fetched.configuration, str(of_release), inputs.parameters(recorded), values, console_image,
        fetched.chart, fetched.manifest.id,
    )  # fmt: skip
