"""Estates of any size are rendered, charted and watched within the sizes that files and Kubernetes can take."""

import subprocess
import time

import yaml
from celery_platform.environment.load import parse
from celery_platform.environment.quotas import CONFIG_MAP
from celery_platform.environment.resolve import resolve
from celery_platform.observability.alerts import render as alerts
from celery_platform.release import helm
from celery_platform.release.kubernetes_tools import tool
from celery_platform.rendering import to_text

from tests.chart.rendered import settings
from tests.estates.conftest import Estate
from tests.estates.planning import seconds_of_children
from tests.harness.processes import find_program

# The targets at 1,000 queues and 100 pools. CPU time, because other processes use the machine, too.
VALIDATE_SECONDS = 2
RENDER_SECONDS = 3
CHART_SECONDS = 3
RESOLVED_BYTES = 1_000_000
# What a small environment has anyway, and what each queue and pool adds.
SMALL_BYTES = 14_000
BYTES_OF_A_QUEUE = 650
BYTES_OF_A_POOL = 3_000


def test_it_is_validated_and_rendered_in_time(estate: Estate) -> None:
    file = estate.folder / "environment.yml"
    content = file.read_bytes()
    began = time.process_time()
    environment = parse(content, file)
    validated = time.process_time()
    resolved = resolve(environment)
    assert to_text(resolved)
    assert alerts.to_text(resolved)
    rendered = time.process_time()

    assert validated - began < VALIDATE_SECONDS
    assert rendered - began < RENDER_SECONDS


def test_what_is_rendered_grows_in_proportion(estate: Estate) -> None:
    size = (estate.folder / "resolved.json").stat().st_size
    queues, pools = len(estate.resolved["queues"]), len(estate.resolved["pools"])

    assert size < SMALL_BYTES + queues * BYTES_OF_A_QUEUE + pools * BYTES_OF_A_POOL
    assert size < RESOLVED_BYTES


def test_its_alerts_are_valid(estate: Estate) -> None:
    promtool = find_program("promtool", "prometheus")
    rules = estate.folder / "prometheus_rules.yml"
    done = subprocess.run([promtool, "check", "rules", str(rules)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_its_chart_has_every_pool_and_fits_into_kubernetes(estate: Estate) -> None:
    tool("helm")  # fetch it before the time is measured
    began = seconds_of_children()
    text = helm.template("-f", str(estate.folder / "resolved.json"), *settings(estate.environment.broker.kind))
    seconds = seconds_of_children() - began
    manifests = [one for one in yaml.load_all(text, Loader=yaml.CSafeLoader) if one]
    deployed = {one["metadata"]["name"] for one in manifests if one["kind"] == "Deployment"}
    pods = {f"worker-{name}" for name, pool in estate.resolved["pools"].items() if pool["runs_on"] == "eks"}

    assert pods <= deployed
    for one in manifests:
        if one["kind"] == "ConfigMap":
            assert len(yaml.safe_dump(one["data"]).encode()) < CONFIG_MAP.most
    assert seconds < CHART_SECONDS
