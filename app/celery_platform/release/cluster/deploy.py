"""`make deploy` and `make rollback`: an environment's chart on its cluster, with everything that it needs before."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from celery_platform.environment.derived.machines import SURGE
from celery_platform.errors import ChartError
from celery_platform.release.cluster.keda import ensure_keda
from celery_platform.release.cluster.objects import namespace, network_policy_switch
from celery_platform.release.cluster.tools import Cluster
from celery_platform.release.helm import chart, discovery

Json = dict[str, Any]
RELEASE = "celery"
# The value with which a release of helm says from which record it was deployed. A rollback restores it, as all values.
RECORDED = "recorded_release"
# Until new workers are ready: images are pulled, and nodes started, a quarter of the pool at a time.
ROLLOUT_SECONDS = 900
# Workers are replaced a part at a time. The first part starts on nodes of its own (`max_nodes`). Each of the others may
# need those of the workers that the one before replaced, which first end their tasks.
PARTS_THAT_WAIT = math.ceil(1 / SURGE) - 1
# More than the release command's own deadline, so that its Job says what happened and not helm.
BEYOND_THE_DEADLINE_SECONDS = 300
# The chart decides about its fields, also about those that somebody changed by hand. Without this, the next upgrade
# would end with a conflict (helm 4 applies on the server's side).
OWNING = ("--server-side=true", "--force-conflicts")


@dataclass(frozen=True)
class Deployment:
    """What is deployed: an environment's values, an image by digest, and what the account knows of the broker.

    `console_image` is that of the console, empty where no pod runs it. `further` is a file with values of the
    chart that no environment file has (app/chart/values.yaml). `chart` is that of the checkout, or of the recorded
    release whose id is `recorded`.
    """

    resolved: Json
    values: Path
    image: str
    parameters: dict[str, str]
    further: Path | None = None
    console_image: str = ""
    chart: Path = field(default_factory=chart)
    recorded: str = ""


def deploy(cluster: Cluster, wanted: Deployment, say: Callable[[str], None], keda_chart: str = "") -> None:
    """Bring a cluster to what the environment describes. A second call changes nothing but the release's number.

    Helm runs the release command first, waits for the rollout, and goes back to the last release if either fails.

    Raises:
        ChartError: a step failed; those before it are kept.
    """
    resolved = wanted.resolved
    _needs_pods(resolved)
    _refuse_unfinished(cluster, resolved)
    if resolved["autoscaler"] == "keda":
        say(ensure_keda(cluster, keda_chart))
    cluster.apply(namespace(resolved))
    say(f"namespace {resolved['eks']['namespace']}: only pods of the restricted profile")
    if switch := network_policy_switch(resolved):
        cluster.apply(switch)
        say("network policies are enforced")
    command = ", after its release command" if resolved["application"]["release"] else ""
    say(f"chart with {wanted.image}{command} ...")
    cluster.helm(*upgrade(wanted))
    say(f"release {_revisions(cluster, resolved)[-1]['revision']} is running{_named(wanted.recorded)}")


def upgrade(wanted: Deployment) -> tuple[str, ...]:
    """The arguments of helm for a deployment."""
    further = [f"--values={wanted.further}"] if wanted.further else []
    images = [f"--set-literal=image={wanted.image}"]
    images += [f"--set-literal=console_image={wanted.console_image}"] if wanted.console_image else []
    record = [f"--set-literal={RECORDED}={wanted.recorded}"] if wanted.recorded else []
    return (
        "upgrade", "--install", RELEASE, str(wanted.chart), f"--namespace={wanted.resolved['eks']['namespace']}",
        f"--values={wanted.values}", *further, *images, *record, *discovery(wanted.parameters),
        "--wait", "--rollback-on-failure", *OWNING, f"--timeout={timeout_seconds(wanted)}s",
    )  # fmt: skip


def rollback(cluster: Cluster, resolved: Json, say: Callable[[str], None], revision: int | None = None) -> None:
    """Go back to an earlier release: the one before this, or the named one. The release command does not run.

    Raises:
        ChartError: there is no such release, or it did not become ready.
    """
    _needs_pods(resolved)
    revisions = _revisions(cluster, resolved)
    chosen = _earlier(revisions) if revision is None else revision
    if chosen not in [one["revision"] for one in revisions]:
        raise ChartError(
            expected="an earlier release to go back to",
            found=f"releases {', '.join(str(one['revision']) for one in revisions) or 'none'}",
            remedy="Choose one of them (REVISION=...), or deploy a corrected one.",
        )
    cluster.helm(
        "rollback", RELEASE, str(chosen), f"--namespace={resolved['eks']['namespace']}", "--wait", *OWNING,
        f"--timeout={rollout_seconds(resolved)}s",
    )  # fmt: skip
    again = f", which is release {chosen} again{_named(recorded(cluster, resolved))}"
    say(f"release {_revisions(cluster, resolved)[-1]['revision']} is running{again}")


def recorded(cluster: Cluster, resolved: Json) -> str:
    """The id of the record from which the running release was deployed; empty if it was deployed from a checkout.

    Raises:
        ChartError: the cluster does not answer, or nothing was deployed.

    Example: `recorded(cluster, resolved) == "92c0b9fa8a11-5a41d0c7"`
    """
    where = f"--namespace={resolved['eks']['namespace']}"
    values = json.loads(cluster.helm("get", "values", RELEASE, where, "--output=json")) or {}
    return str(values.get(RECORDED, ""))


def timeout_seconds(wanted: Deployment) -> int:
    """How long helm waits for each of its steps: the rollout, or the release command if there is one.

    Example: `timeout_seconds(wanted) == 1_170`
    """
    if not wanted.resolved["application"]["release"]:
        return rollout_seconds(wanted.resolved)
    deadline: int = yaml.safe_load((wanted.chart / "values.yaml").read_text())["release_hook"]["deadline_seconds"]
    return max(rollout_seconds(wanted.resolved), deadline + BEYOND_THE_DEADLINE_SECONDS)


def rollout_seconds(resolved: Json) -> int:
    """How long the pods may take until all of them are new.

    Example: `rollout_seconds(resolve(load("prod"))) == 1_170`
    """
    pools = [pool for pool in resolved["pools"].values() if pool["runs_on"] == "eks"]
    longest: int = max(pool["time_budget"]["stop_timeout"] for pool in pools)
    return ROLLOUT_SECONDS + PARTS_THAT_WAIT * longest


def _named(record: str) -> str:
    return f": {record}" if record else ""


def _needs_pods(resolved: Json) -> None:
    if not resolved["eks"]["enabled"]:
        raise ChartError(
            expected="a pool with `runs_on: eks`",
            found="pools on hosts only",
            remedy="Hosts are deployed by `make site`.",
        )


def _refuse_unfinished(cluster: Cluster, resolved: Json) -> None:
    """Helm refuses an upgrade after one that was killed, and says only that another operation is in progress."""
    where = f"--namespace={resolved['eks']['namespace']}"
    shown = cluster.helm("list", "--pending", f"--filter=^{RELEASE}$", where, "--output=json")
    for release in json.loads(shown or "[]"):
        installs = release["status"] == "pending-install"
        first = f"`helm uninstall {RELEASE} {where}`" if installs else "`make rollback`"
        raise ChartError(
            expected="no deployment under way",
            found=f"release {release['revision']}, {release['status']} since {release['updated']}",
            remedy=f"Wait for it. If its process was killed, run {first} and deploy again.",
        )


def _revisions(cluster: Cluster, resolved: Json) -> list[Json]:
    """Helm's releases, the oldest first."""
    shown = cluster.helm("history", RELEASE, f"--namespace={resolved['eks']['namespace']}", "--output=json")
    found: list[Json] = json.loads(shown)
    return found


def _earlier(revisions: list[Json]) -> int | None:
    """The newest release before the last one that was running once, or runs on while the last one is unfinished."""
    ran = {"superseded", "deployed"}
    return next((one["revision"] for one in revisions[-2::-1] if one["status"] in ran), None)
