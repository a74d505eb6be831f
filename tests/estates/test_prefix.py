"""With another prefix, no planned resource and no object in the cluster has the usual one."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from celery_platform.environment.load import parse
from celery_platform.environment.resolve import resolve
from celery_platform.release import helm
from celery_platform.rendering import write

from tests.chart.rendered import settings
from tests.estates.conftest import ROOT
from tests.estates.shapes import SHAPES, Shape, file_of

pytestmark = [pytest.mark.terraform, pytest.mark.timeout(600)]

USUAL = r"celery-{name}[\w-]*|/celery/[\w/-]*|celery-platform"


@pytest.mark.parametrize("shape", SHAPES[:3], ids=lambda shape: str(shape.name))
def test_no_planned_resource_has_the_usual_prefix(
    shape: Shape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "environments"
    (folder / shape.name).mkdir(parents=True)
    (folder / shape.name / "environment.yml").write_text(file_of(shape, prefix="acme", project="shop"))
    monkeypatch.setenv("ENVIRONMENTS", str(folder))
    write([shape.name])
    own = {"HOME": str(tmp_path), "STATE_FOLDER": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))} | own
    file = tmp_path / "plan.json"
    command = [sys.executable, "terraform/run.py", "plan", shape.name, "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    planned = json.dumps(json.loads(file.read_text())["resource_changes"])

    assert re.findall(USUAL.format(name=shape.name), planned) == []
    assert f"acme-{shape.name}" in planned


@pytest.mark.parametrize("shape", SHAPES[:1], ids=lambda shape: str(shape.name))
def test_no_object_of_the_chart_has_the_usual_prefix(shape: Shape, tmp_path: Path) -> None:
    environment = parse(file_of(shape, prefix="acme").encode(), tmp_path / shape.name / "environment.yml")
    file = tmp_path / "resolved.json"
    file.write_text(json.dumps(resolve(environment)))
    text = helm.template("-f", str(file), *settings(environment.broker.kind))

    assert re.findall(rf"celery-{shape.name}[\w-]*|/celery/{shape.name}", text) == []
    assert f"acme-{shape.name}" in text
