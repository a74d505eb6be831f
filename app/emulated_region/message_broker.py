"""A real RabbitMQ in place of Amazon MQ, with TLS, one user and the virtual host /, as on AWS.

Debian has no RabbitMQ 3.13 or 4.2, so Debian 13's version is used for both.
"""

from emulated_region import answers
from emulated_region.authority import certificates
from emulated_region.aws import Account
from emulated_region.ensure import Spec, ensure_container
from emulated_region.errors import RegionError
from local_containers.images import RABBITMQ_4, ensure_images
from emulated_region.plan import Region
from local_containers.podman import Podman
from emulated_region.progress import console

PORT = 5671
KIND = "Amazon MQ"
_ETC = "/etc/rabbitmq"
_TLS = "/etc/rabbitmq-tls"


def ensure_message_broker(podman: Podman, region: Region, account: Account) -> None:
    """Run a RabbitMQ for the account's Amazon MQ broker, or remove it if there is no broker.

    Raises:
        RegionError: its password is not in the account, or it does not respond.
    """
    existing = podman.containers(f"label={region.label}").get(region.broker_container)
    if region.broker_name not in account.message_brokers():
        if existing is not None and existing.labels.get("celery-platform.kind") == KIND:
            podman.remove(region.broker_container)
        return
    ensure_images(podman, region.cache, (RABBITMQ_4,))
    ensure_container(podman, region, _spec(region, account), existing)
    answers.wait(
        f"Amazon MQ broker {region.broker_name}",
        lambda: answers.amqps(str(region.broker_address), PORT),
        90,
        lambda: podman.logs(region.broker_container),
    )
    console.print(f"  {region.broker_name} {region.broker_address}:{PORT} answers")


def _spec(region: Region, account: Account) -> Spec:
    configuration = _configuration(region, account)
    folder = region.state / "message-broker"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "rabbitmq.conf").write_text(configuration)
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    return Spec(
        name=region.broker_container,
        kind=KIND,
        address=region.broker_address,
        identity=configuration,
        image=RABBITMQ_4.tag,
        options=(
            "--init",
            f"--volume={folder}:{_ETC}:ro",
            f"--volume={certificates(region).folder}:{_TLS}:ro",
            f"--env=RABBITMQ_NODENAME=rabbit@{region.broker_container}",
            "--env=HOME=/var/lib/rabbitmq",
        ),
        # The package's wrapper would switch to a user that cannot read the key.
        command=("/usr/lib/rabbitmq/bin/rabbitmq-server",),
    )


def _configuration(region: Region, account: Account) -> str:
    secret = region.secrets.get("broker_password")
    password = account.secret(secret) if secret else None
    if password is None:
        raise RegionError(
            f"the password of Amazon MQ broker {region.broker_name} in Secrets Manager",
            f"no secret {secret or 'broker_password'}",
            "apply Terraform, then run this again",
        )
    files = {"cacertfile": "ca.pem", "certfile": "server.pem", "keyfile": "server.key"}
    lines = [
        "listeners.tcp = none",
        f"listeners.ssl.default = {PORT}",
        "management.ssl.port = 443",
        *(f"ssl_options.{option} = {_TLS}/{name}" for option, name in files.items()),
        *(f"management.ssl.{option} = {_TLS}/{name}" for option, name in files.items()),
        f"default_user = {region.broker_user}",
        f"default_pass = {password}",
        "default_vhost = /",
    ]
    return "\n".join(lines) + "\n"
