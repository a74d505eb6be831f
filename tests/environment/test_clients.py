"""Clients outside the platform: a security group or address ranges, and what each may do."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

LOCK = "destroy_lock: true"


def test_a_group_and_each_range_become_separate_rules(edit_prod: Edit) -> None:
    web = "  web: {security_group: sg-0a1b2c3d, may: [publish]}\n"
    office = "  office: {cidrs: [10.8.0.0/16, 192.0.2.0/24], may: [publish, watch]}\n"
    edit_prod(LOCK, f"clients:\n{web}{office}{LOCK}")

    clients = resolve(load("prod"))["clients"]

    assert clients["publish"]["web"] == {"security_group_id": "sg-0a1b2c3d", "cidr": None}
    assert clients["watch"] == {
        "office-10.8.0.0/16": {"security_group_id": None, "cidr": "10.8.0.0/16"},
        "office-192.0.2.0/24": {"security_group_id": None, "cidr": "192.0.2.0/24"},
    }


@pytest.mark.parametrize(
    ("client", "message"),
    [
        ("{may: [publish]}", "a security_group or cidrs"),
        ("{security_group: sg-0a1b2c3d, cidrs: [10.8.0.0/16], may: [publish]}", "a security_group or cidrs"),
        ("{security_group: web, may: [publish]}", "clients.web.security_group: found 'web'"),
        ("{cidrs: [0.0.0.0/0], may: [publish]}", "addresses of your own"),
        ("{cidrs: [8.0.0.0/12], may: [publish]}", "addresses of your own"),
        ("{cidrs: [10.8.0.0/16], may: [purge]}", "clients.web.may.0: found 'purge'"),
        ("{cidrs: [10.8.0.0/16], may: []}", "clients.web.may: found an empty list"),
        ("{cidrs: [10.8.0.0/16, 10.8.0.0/16], may: [watch]}", "10.8.0.0/16 more than once"),
    ],
)
def test_an_invalid_client_is_refused(edit_prod: Edit, client: str, message: str) -> None:
    edit_prod(LOCK, f"clients:\n  web: {client}\n{LOCK}")

    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")

    assert message in str(refused.value)
