"""The table of the owners of settings."""

from collections import Counter
from pathlib import Path
from typing import Any

import celery_platform
from celery.app.defaults import NAMESPACES, flatten
from celery_platform.attachment.ownership import APPLICATION, EITHER, PLATFORM, Owner, owner_of, reason_of, rows, table

README = Path(celery_platform.__file__).parent / "attachment" / "README.md"
# The stub says that this gives texts.
SETTINGS: Any = flatten(NAMESPACES)
CELERYS = {name for name, _ in SETTINGS}


def test_every_setting_of_celery_has_one_owner() -> None:
    counted = Counter([*PLATFORM, *EITHER, *APPLICATION])
    assert set(counted) == CELERYS, "decide who owns what is new"
    assert [name for name, times in counted.items() if times > 1] == []


def test_the_owner_is_the_tables() -> None:
    assert owner_of("broker_url") is Owner.PLATFORM
    assert owner_of("result_backend") is Owner.EITHER
    assert owner_of("timezone") is Owner.APPLICATION
    assert reason_of("timezone") == "its time zone"
    assert len(rows()) == len(CELERYS)


def test_the_readme_has_the_table() -> None:
    assert table() in README.read_text(), "update it with `app settings --markdown`"
