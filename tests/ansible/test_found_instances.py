"""The inventory and Prometheus find the instances of one environment, beside others of the same name in its account."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from celery_platform.environment import load, resolve

from tests.ansible.written_template import as_written

REPOSITORY = Path(__file__).parents[2]
ANSIBLE = REPOSITORY / "ansible"
OWN = {"Environment": "local", "Project": "celery-platform", "Name": "celery-local-worker-cpu-1", "Role": "worker"}
OF_ANOTHER_PREFIX = OWN | {"Name": "shop-local-worker-cpu-1"}
OF_ANOTHER_PROJECT = OWN | {"Project": "shop", "Name": "celery-local-worker-cpu-2"}
OF_ANOTHER_ENVIRONMENT = OWN | {"Environment": "local-x", "Name": "celery-local-x-worker-cpu-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An emulated account with one instance of the environment and three of others."""
    sys.path.insert(0, str(REPOSITORY / "terraform"))
    from runner.throwaway import throwaway

    before = dict(os.environ)
    try:
        with throwaway("eu-west-1"):
            ec2 = boto3.client("ec2", region_name="eu-west-1")
            for tags in (OWN, OF_ANOTHER_PREFIX, OF_ANOTHER_PROJECT, OF_ANOTHER_ENVIRONMENT):
                named = [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": tags[key]} for key in tags]}]
                ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, TagSpecifications=named)
            yield os.environ["AWS_ENDPOINT_URL"]
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.mark.server
def test_the_inventory_has_only_the_hosts_of_this_prefix_and_project(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = REPOSITORY / "environments" / "local", tmp_path / "local"
    (folder / "aws").mkdir(parents=True)
    for name in ("environment.yml", "resolved.json", "aws/credentials"):
        (folder / name).write_text((source / name).read_text())
    (folder / "aws" / "config").write_text(f"[default]\nregion = eu-west-1\nendpoint_url = {endpoint}\n")
    monkeypatch.setenv("ENVIRONMENTS", str(tmp_path))
    monkeypatch.setenv("ENV", "local")
    program = Path(sys.executable).with_name("ansible-inventory")
    done = subprocess.run([program, "--list"], cwd=ANSIBLE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["_meta"]["hostvars"]) == [OWN["Name"]]


@pytest.mark.server
def test_prometheus_asks_for_the_same_instances(endpoint: str, tmp_path: Path) -> None:
    ec2 = boto3.client("ec2", region_name="eu-west-1", endpoint_url=endpoint)
    for request in _discoveries(tmp_path, name="local", prefix="celery", project="celery-platform"):
        filters = [{"Name": one["name"], "Values": one["values"]} for one in request["filters"]]
        found = ec2.describe_instances(Filters=[one for one in filters if one["Name"] != "tag:Role"])
        names = [
            tag["Value"]
            for reservation in found["Reservations"]
            for instance in reservation["Instances"]
            for tag in instance["Tags"]
            if tag["Key"] == "Name"
        ]
        assert names == [OWN["Name"]]


def test_a_project_with_characters_of_yaml_is_a_value_of_the_filter(tmp_path: Path) -> None:
    for request in _discoveries(tmp_path, name="prod", prefix="acme", project="a shop: 1, 2@x"):
        filters = {one["name"]: one["values"] for one in request["filters"]}
        assert filters["tag:Project"] == ["a shop: 1, 2@x"]
        assert (filters["tag:Environment"], filters["tag:Name"]) == (["prod"], ["acme-prod-*"])


def _discoveries(folder: Path, *, name: str, prefix: str, project: str) -> list[dict[str, Any]]:
    """The requests to EC2 in prometheus.yml, as Ansible writes it from the role's template and the variables."""
    model = load("prod")
    resolved = resolve(model.model_copy(update={"name": name, "prefix": prefix, "project": project}))
    variables = yaml.safe_load((ANSIBLE / "inventory/group_vars/monitoring.yml").read_text())
    variables |= {"environment_resolved": resolved, "monitoring_aws_endpoint": ""}
    jobs = as_written(folder, "monitoring", "prometheus.yml.j2", variables)["scrape_configs"]
    found = [request for job in jobs for request in job.get("ec2_sd_configs", [])]
    assert found
    return found
