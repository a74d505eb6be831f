"""An environment that is applied on a separate emulated account, which enforces IAM."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from local_containers.children import ended_with_parent

CERTIFICATE = "account.pem"
ACCOUNT = "000000000000"
KEYS = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "emulated", "region_name": "eu-west-1"}


@dataclass(frozen=True)
class Deployment:
    """`run` runs `terraform/run.py` on this environment; `client` a boto3 client with root credentials."""

    environment: str
    kind: str
    runner: Any
    endpoint: str
    summary: list[str] = field(default_factory=list)

    @property
    def resolved(self) -> dict[str, Any]:
        """The derived values (resolved.json)."""
        file = self.runner.folder / "environments" / self.environment / "resolved.json"
        resolved: dict[str, Any] = json.loads(file.read_text())
        return resolved

    @property
    def certificate(self) -> Path:
        """The account's certificate, which its clients trust."""
        return Path(self.runner.folder) / CERTIFICATE

    def client(self, service: str, **keys: str) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, verify=str(self.certificate), **(KEYS | keys))

    def run(self, verb: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        bundle = {"AWS_CA_BUNDLE": str(self.certificate)} | variables
        began = time.monotonic()
        done: subprocess.CompletedProcess[str] = self.runner.run(verb, self.environment, *arguments, **bundle)
        if changed := re.search(r"Resources: (.*)\.", done.stdout):
            self.summary.append(f"{verb} in {time.monotonic() - began:.0f} s: {changed[1]}")
        return done

    def plan(self) -> dict[str, Any]:
        """A plan as JSON."""
        file = self.runner.folder / "plan.json"
        planned = self.run("plan", "--json", str(file))
        assert planned.returncode == 0, planned.stdout
        plan: dict[str, Any] = json.loads(file.read_text())
        return plan

    def state(self) -> str:
        """The text of the state."""
        bucket = f"celery-{self.environment}-terraform-state-{ACCOUNT}"
        body = self.client("s3").get_object(Bucket=bucket, Key="terraform.tfstate")["Body"]
        return str(body.read().decode())


def own_account(environments: Path, environment: str, port: int) -> None:
    """Give an environment its own account, as local has."""
    folder = environments / environment / "aws"
    folder.mkdir(exist_ok=True)
    for file in (environments / "local" / "aws").iterdir():
        (folder / file.name).write_text(file.read_text().replace("http://127.0.0.1:4566", f"https://127.0.0.1:{port}"))


def set_line(file: Path, start: str, line: str) -> None:
    """Replace the only line of an environment file that starts with this text."""
    lines = file.read_text().splitlines()
    (number,) = (number for number, text in enumerate(lines) if text.startswith(start))
    lines[number] = line
    file.write_text("\n".join(lines) + "\n")


@contextmanager
def emulator(variables: dict[str, str], folder: Path, port: int) -> Iterator[str]:
    """An emulated account on loopback that enforces IAM and TLS like AWS. Yields its endpoint."""
    certificate, key = _self_signed(folder)
    own = {
        "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": "eu-west-1", "AUTH": "true",
        "USE_SSL": "1", "MINISTACK_SSL_CERT": str(certificate), "MINISTACK_SSL_KEY": str(key),
    }  # fmt: skip
    process = subprocess.Popen(
        [*ended_with_parent(), sys.executable, "-m", "emulated_region.emulator"],
        env=variables | own | {"REDIS_HOST": "10.90.0.11", "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        endpoint = f"https://127.0.0.1:{port}"
        _wait(process, endpoint, certificate)
        yield endpoint
    finally:
        process.kill()  # on SIGTERM it would wait for idle connections to end
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _self_signed(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / CERTIFICATE, folder / "account.key"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate), "-keyout", str(key),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


def _wait(process: subprocess.Popen[bytes], endpoint: str, certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=str(certificate))
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2, context=trust).close()  # noqa: S310
        except OSError:
            assert process.poll() is None, "the emulator ended"
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the emulator does not respond")


def removed_variables() -> dict[str, str]:
    """The process environment without AWS credentials."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
