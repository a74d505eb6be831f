"""A real Valkey for each ElastiCache group, with TLS and users as configured.

A group with encryption in transit accepts TLS only, and one with user groups only those users. ElastiCache does not reveal
their passwords, so these are read from Secrets Manager, as Terraform and the app do.
"""

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Address

from emulated_region import answers
from emulated_region.authority import certificates
from emulated_region.aws import Account, StoreGroup
from emulated_region.ensure import Spec, ensure_container
from emulated_region.errors import RegionError
from local_containers.images import SERVICES
from emulated_region.plan import VALKEY_PORT, Region
from local_containers.podman import Podman
from emulated_region.progress import console

_TLS = "/etc/valkey-tls"
_USERS = "/etc/valkey-users"


@dataclass(frozen=True)
class Store:
    """A group with its address, container and secret."""

    group: StoreGroup
    container: str
    address: IPv4Address
    secret: str | None


def ensure_stores(podman: Podman, region: Region, account: Account) -> None:
    """Run a Valkey for each group at the address that the account returned to Terraform.

    Raises:
        RegionError: a group has another endpoint, its password is not in the account, or it does not respond.
    """
    for group in account.store_groups():
        store = _store(region, group)
        if (group.address, group.port) != (str(store.address), VALKEY_PORT):
            raise RegionError(
                f"ElastiCache group {group.name} at {store.address}:{VALKEY_PORT}",
                f"{group.address}:{group.port}",
                "`python -m emulated_region stop`, then bring the environment up again",
            )
        ensure_container(podman, region, _spec(region, account, store), podman.containers().get(store.container))
        answers.wait(
            f"ElastiCache group {group.name}",
            lambda: answers.valkey(str(store.address), VALKEY_PORT),  # noqa: B023
            30,
            lambda: podman.logs(store.container),  # noqa: B023
        )
        console.print(f"  {group.name} {store.address}:{VALKEY_PORT} answers{' over TLS' if group.encrypted else ''}")


def _store(region: Region, group: StoreGroup) -> Store:
    """The broker's group has its own server; the result store and all other groups share one."""
    if group.name == region.broker_name:
        secret = region.secrets.get("broker_password")
        return Store(group, region.broker_container, region.broker_address, secret)
    return Store(group, f"{region.prefix}-valkey", region.valkey_address, region.secrets.get("results_password"))


def _spec(region: Region, account: Account, store: Store) -> Spec:
    """The container, without eviction, as in the group's parameters, and without persistence."""
    users = _users(account, store)
    folder = region.state / "stores"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{store.container}.acl"
    file.write_text(users)
    tls = certificates(region)
    options = ["--init", f"--volume={file}:{_USERS}:ro"]
    command = [
        "valkey-server", "--bind", "*", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
        "--protected-mode", "no", "--aclfile", _USERS,
    ]  # fmt: skip
    if store.group.encrypted:
        options.append(f"--volume={tls.folder}:{_TLS}:ro")
        command += [
            "--port", "0", "--tls-port", str(VALKEY_PORT), "--tls-auth-clients", "no",
            "--tls-cert-file", f"{_TLS}/{tls.certificate.name}", "--tls-key-file", f"{_TLS}/{tls.key.name}",
            "--tls-ca-cert-file", f"{_TLS}/{tls.authority.name}",
        ]  # fmt: skip
    else:
        command += ["--port", str(VALKEY_PORT)]
    identity = hashlib.sha256(users.encode()).hexdigest()
    return Spec(store.container, "ElastiCache", store.address, identity, SERVICES.tag, tuple(options), tuple(command))


def _users(account: Account, store: Store) -> str:
    """The lines of an ACL file (valkey.io, "ACL")."""
    if not store.group.users:
        return "user default on nopass ~* &* +@all\n"
    password = account.secret(store.secret) if store.secret else None
    if password is None:
        raise RegionError(
            f"the password of the users of ElastiCache group {store.group.name} in Secrets Manager",
            f"no secret {store.secret or 'for it'}",
            "apply Terraform, then run this again",
        )
    digest = hashlib.sha256(password.encode()).hexdigest()
    lines = [f"user {user.name} {user.access} #{digest}" for user in store.group.users]
    if not any(user.name == "default" for user in store.group.users):
        lines.insert(0, "user default off")
    return "\n".join(lines) + "\n"
