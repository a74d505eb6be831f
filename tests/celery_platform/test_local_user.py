"""Who did something is said in a container, too, where users have no names."""

import os

import pytest
from celery_platform.local_user import local_user

# That of the image, which no machine of ours gives a name.
UID = 10_001


def test_a_user_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    # Not by another process: the user of the image may not read this checkout.
    monkeypatch.setattr(os, "getuid", lambda: UID)

    assert local_user() == str(UID)
