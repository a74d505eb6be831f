"""With another prefix, no planned resource and no object in the cluster has the usual one."""

import json
import re
from pathlib import Path

import pytest
from celery_platform.environment.load import parse
from celery_platform.environment.resolve import resolve
from celery_platform.release import helm
from celery_platform.rendering import write

from tests.chart.rendered import settings
from tests.estates.planning import planned
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
    text = json.dumps(planned(shape.name, folder, tmp_path))

    assert re.findall(USUAL.format(name=shape.name), text) == []
    assert f"acme-{shape.name}" in text


@pytest.mark.parametrize("shape", SHAPES[:1], ids=lambda shape: str(shape.name))
def test_no_object_of_the_chart_has_the_usual_prefix(shape: Shape, tmp_path: Path) -> None:
    environment = parse(file_of(shape, prefix="acme").encode(), tmp_path / shape.name / "environment.yml")
    file = tmp_path / "resolved.json"
    helm.write_values(file, resolve(environment))
    text = helm.template("-f", str(file), *settings(environment.broker.kind))

    assert re.findall(rf"celery-{shape.name}[\w-]*|/celery/{shape.name}", text) == []
    assert f"acme-{shape.name}" in text
