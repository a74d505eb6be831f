"""`app release push`, `app release list`: what was released of an environment, as records."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from celery_platform.cli.deploy import Context, Name

if TYPE_CHECKING:
    from celery_platform.release.records.manifest import Manifest

release = typer.Typer(help="The recorded releases of an environment.", no_args_is_help=True)


@release.command("push")
def push_release(
    name: Name,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="also from a tree that differs from its commit; marks the record")
    ] = False,
) -> None:
    """Push what was built of ENV to its registry and bucket, and record it, signed."""
    from celery_platform.output import say
    from celery_platform.release.configuration import rendered
    from celery_platform.release.records.push import built, push
    from celery_platform.release.records.store import store_of

    resolved = rendered(name)
    push(store_of(resolved), resolved, built(resolved), say, allow_dirty=allow_dirty)


@release.command("list")
def list_releases(
    name: Name,
    context: Context = "",
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List the recorded releases of ENV, the newest first, and which of them hosts and pods run.

    The exit code is 1 if a record must not be used, or nobody knows what a host runs.
    """
    from celery_platform.output import print_error, say, show_json, show_table
    from celery_platform.release.configuration import last_rendered
    from celery_platform.release.records.running import on_hosts
    from celery_platform.release.records.store import store_of

    resolved = last_rendered(name)
    store = store_of(resolved)
    releases, refused = store.releases()
    notes, unread = store.hosts(resolved["worker_hosts"])
    running = on_hosts(releases, notes)
    running.pods, unknown = _of_pods(name, resolved, context)
    wrong = [*refused, *unread]
    if json:
        show_json([one.model_dump(mode="json") | {"runs_on": running.of(one.id)} for one in releases])
        for error in wrong:
            print_error(error)
    else:
        rows = [_row(one, running.of(one.id)) for one in releases]
        show_table(["release", "commit", "pushed by", "at", "runs on"], rows)
        for host, instead in running.unrecorded.items():
            say(f"{host}: not a recorded release ({instead})")
        if unknown:
            say(f"pods: unknown ({unknown})")
        if running.pods and running.pods not in {one.id for one in releases}:
            say(f"pods: {running.pods}, of which there is no record that can be used")
        for error in wrong:
            say(str(error), style="red")
    if wrong:
        raise typer.Exit(1)


def _row(one: "Manifest", where: str) -> tuple[str, ...]:
    return one.id, one.commit[:12], one.pushed_by, f"{one.pushed_at:%Y-%m-%d %H:%M} UTC", where or "-"


def _of_pods(name: str, resolved: dict[str, Any], context: str) -> tuple[str, str]:
    """The release of the environment's pods, or why it is not known."""
    from celery_platform.errors import ChartError
    from celery_platform.release.cluster.access import kubeconfig
    from celery_platform.release.cluster.tools import Cluster
    from celery_platform.release.records.running import on_pods
    from celery_platform.settings.tunnelled import forwarded

    if not resolved["eks"]["enabled"]:
        return "", ""
    try:
        with kubeconfig(resolved["eks"]["name"], context, forwarded(name)) as file:
            return on_pods(Cluster(file), resolved), ""
    except ChartError as error:
        return "", error.found
