"""The containers that are there before Terraform runs: the emulated account and the outside world."""

import hashlib
from pathlib import Path

from region.ensure import Spec
from region.images import SERVICES
from region.plan import CHECKOUT, EMULATOR_PORT, VALKEY_PORT, Region

_SITE = "/opt/region/site"
_CODE = "/opt/region/code"


def _python(packages: Path) -> tuple[str, ...]:
    """What lets a container run this package's modules."""
    return (
        f"--volume={packages}:{_SITE}:ro",
        f"--volume={CHECKOUT / 'environments' / 'local'}:{_CODE}:ro",
        f"--env=PYTHONPATH={_SITE}:{_CODE}",
    )


def _digest(pattern: str) -> str:
    """A fingerprint of the code a container runs: changed code asks for a new container."""
    files = sorted(Path(__file__).parent.glob(pattern))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def emulator(region: Region, packages: Path) -> Spec:
    """The AWS account. Queue addresses name its inner address, which this machine too reaches, over the bridge."""
    return Spec(
        name=f"{region.prefix}-aws",
        kind="AWS emulator",
        address=region.emulator_address,
        identity=_digest("emulat*.py"),
        image=SERVICES.tag,
        options=(
            "--init",
            f"--publish=127.0.0.1:{region.endpoint_port}:{EMULATOR_PORT}",
            *_python(packages),
            f"--env=MINISTACK_HOST={region.emulator_address}",
            f"--env=MINISTACK_REGION={region.aws_region}",
            f"--env=REDIS_HOST={region.valkey_address}",
            f"--env=REDIS_PORT={VALKEY_PORT}",
            f"--env=MANAGED_BROKER_NAME={region.broker_name}",
            f"--env=MANAGED_BROKER_ADDRESS={region.broker_address}",
        ),
        command=("python3", "-B", "-u", "-m", "region.emulator"),
    )


def outside(region: Region, packages: Path) -> Spec:
    """The payment gateway, the metrics API and the mail server: other people's services, so outside AWS."""
    return Spec(
        name=f"{region.prefix}-outside",
        kind="outside world",
        address=region.outside_address,
        identity=_digest("outside/*.py"),
        image=SERVICES.tag,
        options=(
            "--init",
            *_python(packages),
            f"--env=OUTSIDE_HTTP_PORT={region.outside_port}",
            f"--env=OUTSIDE_SMTP_PORT={region.smtp_port}",
            f"--env=METRICS_RATE_PER_MINUTE={region.metrics_rate_per_minute}",
        ),
        command=("python3", "-B", "-u", "-m", "region.outside"),
    )
