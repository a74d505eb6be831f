"""A file of values is read whole, however long it is."""

import json
from pathlib import Path

import pytest
from celery_platform.environment import resolve
from celery_platform.release import helm

from tests.harness.environment import PROD, described

from .rendered import settings

# The size of the pieces in which helm reads a file.
PIECE = 4_096


@pytest.mark.parametrize("beyond", [0, 1, PIECE - 1])
def test_values_that_fill_the_last_piece_are_read(tmp_path: Path, beyond: int) -> None:
    model = described(PROD)
    resolved = resolve(model)
    resolved["filling"] = "x" * (PIECE - len(json.dumps(resolved | {"filling": ""})) % PIECE + beyond)
    assert (len(json.dumps(resolved)) - beyond) % PIECE == 0
    file = tmp_path / "resolved.json"

    helm.write_values(file, resolved)

    assert "kind: Deployment" in helm.template("-f", str(file), *settings(model.broker.kind))
