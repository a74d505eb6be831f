"""The last step of every apply: values of secrets, and passwords that must not be in Terraform's state."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from runner import amazon_mq
from runner.account import Account
from runner.errors import RunError
from runner.first_values import write_first_values
from runner.passwords import read_secret, settle_store_users
from runner.tunnel import reachable, tunnel


def settle(resolved: dict[str, Any], outputs: dict[str, Any], account: Account) -> None:
    """Write the first values of secrets, set the passwords of stores and brokers to them, and print the changes.

    Raises:
        RunError: a secret does not exist, or a store or broker did not accept its password.
    """
    for line in write_first_values(resolved["secrets"].values()):
        print(line)
    for line in settle_store_users(outputs.get("store_users", {}), resolved["secrets"]):
        print(line)
    # An emulated account has no Amazon MQ; the emulated region creates the broker's user with the right password.
    if resolved["broker"]["kind"] == "amazon_mq" and not account.on_this_machine:
        for line in _settle_amazon_mq(resolved, outputs):
            print(line)


def _settle_amazon_mq(resolved: dict[str, Any], outputs: dict[str, Any]) -> Iterator[str]:
    broker = resolved["broker"]
    wanted = amazon_mq.Login(broker["user"], read_secret(resolved["secrets"]["broker_password"]).value)
    bootstrap = amazon_mq.Login(broker["user"], outputs["broker_bootstrap_password"])
    url = amazon_mq.management_url(outputs["discovery"]["broker_url"])
    with _way_in(url, outputs["instance_ids"]) as through:
        yield from amazon_mq.settle(amazon_mq.Management(url, through), wanted, bootstrap)


@contextmanager
def _way_in(url: str, instances: dict[str, str]) -> Iterator[int | None]:
    """None if this machine reaches the broker, otherwise the local port of a tunnel through one of the hosts."""
    host = str(urlsplit(url).hostname)
    if reachable(host, amazon_mq.MANAGEMENT_PORT):
        yield None
        return
    if not instances:
        remedy = "run `python terraform/run.py passwords ENV` inside the VPC or over a VPN"
        raise RunError(f"a connection to {host}", "it is private, and the environment has no host for a tunnel", remedy)
    with tunnel(next(iter(instances.values())), host, amazon_mq.MANAGEMENT_PORT) as port:
        yield port
