"""A run on an EC2 instance, such as a CI runner, plans its role's account and not an empty, emulated one."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from runner import account

ROLE = (
    '{"Code": "Success", "AccessKeyId": "a", "SecretAccessKey": "b", "Token": "c", '
    '"Expiration": "2099-01-01T00:00:00Z"}'
)


class _Metadata(BaseHTTPRequestHandler):
    """The instance metadata service. A stand-in, because no test may ask that of the machine it runs on."""

    def do_PUT(self) -> None:
        self._answer("token")

    def do_GET(self) -> None:
        self._answer(ROLE if self.path.endswith("/runner") else "runner")

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without any configuration, and an instance metadata service that knows a role."""
    server = HTTPServer(("127.0.0.1", 0), _Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(account, "VENDOR", tmp_path / "sys_vendor")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("metadata")
@pytest.mark.parametrize(("vendor", "has"), [("Amazon EC2\n", True), ("QEMU\n", False)])
def test_the_role_of_an_instance_counts_on_ec2_only(tmp_path: Path, vendor: str, has: bool) -> None:
    (tmp_path / "sys_vendor").write_text(vendor)

    assert account.has_credentials() is has


@pytest.mark.usefixtures("metadata")
def test_a_machine_whose_firmware_says_nothing_has_no_role() -> None:
    assert not account.has_credentials()
