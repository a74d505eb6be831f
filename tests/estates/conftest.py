"""The estates as rendered environments in a folder of the tests' own."""

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from celery_platform.environment import resolve
from celery_platform.environment.load import parse
from celery_platform.environment.model import Environment
from celery_platform.rendering import generated

from tests.estates.shapes import SHAPES, Shape, file_of

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "terraform"))


@dataclass(frozen=True)
class Estate:
    """An estate, and the folder of its environment."""

    shape: Shape
    folder: Path

    @cached_property
    def environment(self) -> Environment:
        file = self.folder / "environment.yml"
        return parse(file.read_bytes(), file)

    @cached_property
    def resolved(self) -> dict[str, Any]:
        return resolve(self.environment)


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the environment of every estate and everything that is rendered from it."""
    folder = tmp_path_factory.mktemp("estates")
    for shape in SHAPES:
        (folder / shape.name).mkdir()
        (folder / shape.name / "environment.yml").write_text(file_of(shape))
    with patch.dict(os.environ, ENVIRONMENTS=str(folder)):
        for file, text in generated([shape.name for shape in SHAPES]).items():
            file.write_text(text)
    return folder


@pytest.fixture(autouse=True)
def _of_the_estates(environments: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one test at a time: those of other suites in this process have the environments of the checkout."""
    monkeypatch.setenv("ENVIRONMENTS", str(environments))


@pytest.fixture(scope="session", params=SHAPES, ids=lambda shape: str(shape.name))
def estate(request: pytest.FixtureRequest, environments: Path) -> Estate:
    return Estate(request.param, environments / request.param.name)
