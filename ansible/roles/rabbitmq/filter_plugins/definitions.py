"""Compare the definitions that a cluster must have with those that it exports (`rabbitmqctl export_definitions`)."""

import base64
import hashlib
from typing import Any

Json = dict[str, Any]

# The keys that identify an entry of each section, and the command that removes one. Entries are removed in this order.
KEYS: dict[str, tuple[str, ...]] = {
    "policies": ("vhost", "name"),
    "topic_permissions": ("vhost", "user", "exchange"),
    "permissions": ("vhost", "user"),
    "users": ("name",),
    "vhosts": ("name",),
}
# Sections that applications declare themselves.
TOPOLOGY: dict[str, tuple[str, ...]] = {
    "queues": ("vhost", "name"),
    "exchanges": ("vhost", "name"),
    "bindings": ("vhost", "source", "destination_type", "destination", "routing_key"),
}
REMOVE = {
    "policies": "clear_policy --vhost {vhost} {name}",
    "topic_permissions": "clear_topic_permissions --vhost {vhost} {user} {exchange}",
    "permissions": "clear_permissions --vhost {vhost} {user}",
    "users": "delete_user {name}",
    "vhosts": "delete_vhost {name}",
}


def rabbitmq_password_hash(password: str, salt_from: str) -> str:
    """The password hash that RabbitMQ stores: base64 of a 4 byte salt and SHA-256 of salt and password.

    The salt only has to differ between users and clusters. It is derived from a text, so that it is the same in every
    run. Source: RabbitMQ guide, "Credentials and Passwords".

    Example: `{{ password | rabbitmq_password_hash('celery-prod-broker/celery') }}`
    """
    salt = hashlib.sha256(salt_from.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def rabbitmq_definitions(users: list[Json], vhosts: list[str], policies: list[Json], apply_to: str) -> Json:
    """The role's variables in the form of a definitions file. `apply_to` is the default for policies."""
    return {
        "vhosts": [{"name": name} for name in vhosts],
        "users": [
            {
                "name": user["name"],
                "password_hash": user["password_hash"],
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": sorted(user.get("tags") or []),
            }
            for user in users
        ],
        "permissions": [
            {"user": user["name"], **{key: granted[key] for key in ("vhost", "configure", "write", "read")}}
            for user in users
            for granted in user.get("permissions") or []
        ],
        "topic_permissions": [
            {"user": user["name"], **{key: granted[key] for key in ("vhost", "exchange", "write", "read")}}
            for user in users
            for granted in user.get("topic_permissions") or []
        ],
        "policies": [
            {
                "vhost": policy["vhost"],
                "name": policy["name"],
                "pattern": policy["pattern"],
                "apply-to": policy.get("apply_to") or apply_to,
                "priority": policy.get("priority") or 0,
                "definition": policy["definition"],
            }
            for policy in policies
        ],
    }


def rabbitmq_mirrored(policies: list[Json], vhosts: list[str], copies: int) -> list[Json]:
    """Add mirroring to the policies of virtual hosts that have mirrored queues.

    Only one policy applies to a queue, so each policy contains the mirroring, and an additional one applies to all
    other queues. A mirror must be synchronised before it can become the leader.

    Example: `rabbitmq_mirrored([], ["shop"], 3)[0]["name"] == "mirrored"`
    """
    mirroring = {
        "ha-mode": "exactly",
        "ha-params": copies,
        "ha-sync-mode": "automatic",
        "ha-promote-on-shutdown": "when-synced",
    }
    return [
        policy | {"priority": policy.get("priority") or 1, "definition": policy["definition"] | mirroring}
        if policy["vhost"] in vhosts
        else policy
        for policy in policies
    ] + [
        {"name": "mirrored", "vhost": vhost, "pattern": r"^(?!amq\.)", "priority": 0, "definition": mirroring}
        for vhost in vhosts
    ]


def rabbitmq_missing(found: Json, wanted: Json, topology: bool = False) -> Json:
    """The entries of `wanted` that are missing in `found` or differ, for an import. Empty if there are none.

    With `topology`, queues, exchanges and bindings are compared, too, as needed for a backup.

    Example: `rabbitmq_missing({"vhosts": []}, {"vhosts": [{"name": "shop"}]}) == {"vhosts": [{"name": "shop"}]}`
    """
    missing = {}
    for section in [*KEYS, *(TOPOLOGY if topology else ())]:
        there = {_key(section, entry): entry for entry in found.get(section, [])}
        entries = [entry for entry in wanted.get(section, []) if not _holds(there.get(_key(section, entry)), entry)]
        if entries:
            missing[section] = entries
    return missing


def rabbitmq_surplus(found: Json, wanted: Json) -> list[list[str]]:
    """The rabbitmqctl commands that remove entries that are not in `wanted`, in the order in which they must run.

    Example: `rabbitmq_surplus({"users": [{"name": "guest"}]}, nothing_wanted) == [["delete_user", "guest"]]`
    """
    commands = []
    for section, command in REMOVE.items():
        kept = {_key(section, entry) for entry in wanted[section]}
        gone = [entry for entry in found.get(section, []) if _key(section, entry) not in kept]
        commands += [[word.format(**entry) for word in command.split()] for entry in gone]
    return commands


def _key(section: str, entry: Json) -> tuple[str, ...]:
    return tuple(entry[part] for part in (KEYS | TOPOLOGY)[section])


def _holds(there: Json | None, entry: Json) -> bool:
    """Whether an existing entry has all wanted values; it may have more (limits, metadata)."""
    return there is not None and all(_plain(key, there.get(key)) == value for key, value in entry.items())


def _plain(key: str, value: Any) -> Any:
    """Normalise tags: RabbitMQ 3 exports them as a string, 4 as an unordered list."""
    if key == "tags":
        return sorted(tag for tag in (value.split(",") if isinstance(value, str) else value or []) if tag)
    return value


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> Json:
        """The filters by name."""
        return {
            name: globals()[name]
            for name in (
                "rabbitmq_password_hash",
                "rabbitmq_definitions",
                "rabbitmq_mirrored",
                "rabbitmq_missing",
                "rabbitmq_surplus",
            )
        }
