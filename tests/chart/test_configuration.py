"""The ConfigMap contains what processes read of resolved.json, and no more, because it has at most 1 MiB."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from celery_platform.environment.rules.sizes import CONFIGURATION
from celery_platform.observability.status.show import worker_addresses
from celery_platform.settings.resolved import read

from .rendered import Rendered


class Noting(Mapping[str, Any]):
    """A mapping that notes which of its keys are read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.seen: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.seen.add(key)
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.fixture
def configuration(rendered: Rendered) -> str:
    return str(rendered.of("ConfigMap")[rendered.resolved["prefix"]]["data"]["resolved.json"])


def test_a_process_reads_the_same_from_it_as_from_the_whole(
    configuration: str, rendered: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for text in (configuration, json.dumps(rendered.resolved)):
        file = tmp_path / "resolved.json"
        file.write_text(text)
        monkeypatch.setenv("CELERY_ENVIRONMENT_FILE", str(file))
        found.append((read(file), worker_addresses()))

    assert found[0] == found[1]


def test_its_size_is_measured_with_the_same_sections(configuration: str) -> None:
    assert set(json.loads(configuration)) == set(CONFIGURATION)


def test_every_section_in_it_is_read(configuration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = Noting(json.loads(configuration))
    file = tmp_path / "resolved.json"
    file.write_text(configuration)
    monkeypatch.setenv("CELERY_ENVIRONMENT_FILE", str(file))
    monkeypatch.setattr("celery_platform.settings.resolved.json.loads", lambda _: sections)
    read(file)
    worker_addresses()

    assert set(sections) - sections.seen == set()
