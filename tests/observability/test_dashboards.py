"""The committed dashboards are up to date."""

from pathlib import Path

import pytest
from celery_platform.observability.dashboards.render import generated


@pytest.mark.parametrize(("file", "text"), generated().items(), ids=lambda value: getattr(value, "stem", ""))
def test_the_committed_dashboard_is_up_to_date(file: Path, text: str) -> None:
    assert file.read_text() == text, "python -m celery_platform.observability.dashboards.render"
