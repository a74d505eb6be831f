"""The containers that run before Terraform: the emulated account and external services."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulated_region.application_secrets import secret_values
from emulated_region.ensure import Spec
from local_containers.images import SERVICES, outside_image
from emulated_region.outside import Process
from emulated_region.plan import CHECKOUT, EMULATOR_PORT, VALKEY_PORT, Region

PACKAGE = Path(__file__).parent
_SITE = "/opt/region/site"
_CODE = "/opt/region/code"
_PROCESSES = "/opt/region/processes.json"


def _python(packages: Path) -> tuple[str, ...]:
    """Options with which a container can run this package's modules."""
    return (
        f"--volume={packages}:{_SITE}:ro",
        f"--volume={PACKAGE}:{_CODE}/{PACKAGE.name}:ro",
        f"--env=PYTHONPATH={_SITE}:{_CODE}",
    )


def _digest(folder: Path, pattern: str) -> str:
    """A digest of a container's code, so that changed code replaces the container."""
    files = sorted(file for file in folder.glob(pattern) if file.is_file() and "__pycache__" not in file.parts)
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def emulator(region: Region, packages: Path) -> Spec:
    """The AWS account. Queue URLs have its inner address, which this machine also reaches over the bridge."""
    return Spec(
        name=f"{region.prefix}-aws",
        kind="AWS emulator",
        address=region.emulator_address,
        identity=_digest(PACKAGE, "emulat*.py"),
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
        command=("python3", "-B", "-u", "-m", "emulated_region.emulator"),
    )


def outside_name(region: Region) -> str:
    """Example: `celery-local-outside`."""
    return f"{region.prefix}-outside"


def outside(region: Region, packages: Path) -> Spec:
    """External services: the processes of the environment's services.yml in one container."""
    folder = region.state / "outside"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "processes.json"
    values = secret_values(region)
    file.touch(mode=0o600)
    file.write_text(json.dumps([_process(each, values) for each in region.outside.processes]))
    mounted = [each for each in region.outside.processes if each.folder]
    return Spec(
        name=outside_name(region),
        kind="outside world",
        address=region.outside_address,
        identity=file.read_text() + _digest(PACKAGE, "processes.py") + "".join(_digest(CHECKOUT / str(each.folder), "**/*") for each in mounted),
        image=outside_image(region.outside.packages).tag,
        options=(
            "--init",
            *_python(packages),
            "--env=PYTHONDONTWRITEBYTECODE=1",
            f"--volume={file}:{_PROCESSES}:ro",
            *(f"--volume={CHECKOUT / str(each.folder)}:{_mount(each)}:ro" for each in mounted),
        ),
        command=("python3", "-B", "-u", "-m", "emulated_region.processes", _PROCESSES),
    )


def _process(process: Process, values: Mapping[str, str]) -> dict[str, Any]:
    """A process in the format of processes.py."""
    folder = str(_mount(process).parent) if process.folder else "/"
    variables = {"PYTHONPATH": f"{_SITE}:{folder}"} if process.folder else {}
    secrets = {variable: values[label] for variable, label in process.secrets.items()}
    return {
        "name": process.name, "command": process.command, "user": process.user, "folder": folder,
        "variables": variables | process.variables | secrets,
    }  # fmt: skip


def _mount(process: Process) -> Path:
    return Path("/opt/outside", process.name, Path(str(process.folder)).name)
