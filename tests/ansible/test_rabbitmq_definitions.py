"""RabbitMQ definitions: what is imported, what is removed, and the hash of a password."""

import base64
import hashlib
from types import ModuleType
from typing import Any

import pytest

from tests.ansible.loaded import loaded
from tests.ansible.roles import ANSIBLE

FILTERS = ANSIBLE / "roles" / "rabbitmq" / "filter_plugins" / "definitions.py"


@pytest.fixture(scope="module")
def filters() -> ModuleType:
    return loaded(FILTERS)


USER = {
    "name": "shop",
    "password_hash": "hash",
    "tags": ["monitoring"],
    "permissions": [{"vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"}],
}


def _wanted(filters: ModuleType, **changed: Any) -> Any:
    given = {"users": [USER], "vhosts": ["shop"], "policies": [], "apply_to": "quorum_queues"} | changed
    return filters.rabbitmq_definitions(**given)


def test_what_a_cluster_holds_is_not_imported_again(filters: ModuleType) -> None:
    wanted = _wanted(filters)
    found = wanted | {"users": [wanted["users"][0] | {"limits": {}}], "vhosts": [{"name": "shop", "metadata": {}}]}

    assert filters.rabbitmq_missing(found, wanted) == {}
    assert filters.rabbitmq_surplus(found, wanted) == []


def test_tags_written_as_text_by_rabbitmq_3_are_the_same_tags(filters: ModuleType) -> None:
    wanted = _wanted(filters)
    found = wanted | {"users": [wanted["users"][0] | {"tags": "monitoring"}]}

    assert filters.rabbitmq_missing(found, wanted) == {}


def test_only_the_changed_entry_is_imported(filters: ModuleType) -> None:
    found = _wanted(filters)
    wanted = _wanted(filters, users=[USER | {"password_hash": "another"}])

    assert filters.rabbitmq_missing(found, wanted) == {"users": wanted["users"]}


def test_what_is_no_longer_in_the_data_is_removed_policies_first(filters: ModuleType) -> None:
    policy = {"name": "old rule", "vhost": "old", "pattern": ".*", "definition": {}}
    guest = USER | {"name": "guest", "permissions": []}
    found = _wanted(filters, users=[USER, guest], vhosts=["shop", "old"], policies=[policy])

    assert filters.rabbitmq_surplus(found, _wanted(filters)) == [
        ["clear_policy", "--vhost", "old", "old rule"],
        ["delete_user", "guest"],
        ["delete_vhost", "old"],
    ]


def test_a_permission_taken_away_is_cleared(filters: ModuleType) -> None:
    without = _wanted(filters, users=[USER | {"permissions": []}])

    assert filters.rabbitmq_surplus(_wanted(filters), without) == [["clear_permissions", "--vhost", "shop", "shop"]]


def test_a_restore_misses_queues_too(filters: ModuleType) -> None:
    queue = {"vhost": "shop", "name": "orders", "durable": True}
    found, backup = _wanted(filters), _wanted(filters) | {"queues": [queue]}

    assert filters.rabbitmq_missing(found, backup, topology=True) == {"queues": [queue]}
    assert filters.rabbitmq_missing(found, backup) == {}


def test_the_hash_is_what_rabbitmq_checks_a_password_with(filters: ModuleType) -> None:
    raw = base64.b64decode(filters.rabbitmq_password_hash("secret", "cluster/shop"))

    assert len(raw) == 4 + 32
    assert hashlib.sha256(raw[:4] + b"secret").digest() == raw[4:]


def test_users_and_clusters_have_salts_of_their_own(filters: ModuleType) -> None:
    assert filters.rabbitmq_password_hash("secret", "a/shop") != filters.rabbitmq_password_hash("secret", "b/shop")


def test_only_the_queues_of_mirrored_virtual_hosts_are_mirrored(filters: ModuleType) -> None:
    orders = {"name": "orders", "pattern": "^orders$", "definition": {"max-length": 9}}
    old, new = orders | {"vhost": "mirrored"}, orders | {"vhost": "quorum"}

    in_old, in_new, rest = filters.rabbitmq_mirrored([old, new], ["mirrored"], 3)

    assert in_new == new
    assert in_old["definition"] == {"max-length": 9} | rest["definition"]
    assert rest["definition"]["ha-params"] == 3
    assert rest["vhost"] == "mirrored"
    assert in_old["priority"] > rest["priority"]  # of all policies that match a queue, one applies
