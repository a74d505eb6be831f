"""Deletion costs reach the API of a cluster on EKS, whose authority is not of the form that Python 3.13 asks for."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
import urllib3
from celery_platform.observability.deletion_costs.kubernetes import Kubernetes
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class NoPods(BaseHTTPRequestHandler):
    """The API of a cluster without pods."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"items": []}')

    def log_message(self, *_: object) -> None:
        pass


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, signed_with: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
) -> bytes:
    """A certificate with one extension, like those of EKS, and without a key identifier."""
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")]),
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        public_key=key.public_key(), serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1), not_valid_after=now + timedelta(days=1),
    )  # fmt: skip
    critical = isinstance(extension, x509.BasicConstraints)
    return made.add_extension(extension, critical).sign(signed_with, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def authority(tmp_path: Path) -> ec.EllipticCurvePrivateKey:
    """The key of the cluster's authority, whose certificate is the file `ca.crt`."""
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    (tmp_path / "ca.crt").write_bytes(certificate("kubernetes", key, key, constraints))
    return key


@pytest.fixture
def url(authority: ec.EllipticCurvePrivateKey, tmp_path: Path) -> Iterator[str]:
    """Where the API is served, with a certificate of this authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    server_file = tmp_path / "server.pem"
    server_file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate("kube-apiserver", key, authority, address)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    with HTTPServer(("127.0.0.1", 0), NoPods) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture(autouse=True)
def _as_python_3_13(monkeypatch: pytest.MonkeyPatch) -> None:
    """The flags that it sets, in any Python: pods have 3.13."""
    make = ssl.create_default_context

    def strict(**options: object) -> ssl.SSLContext:
        context: ssl.SSLContext = make(**options)  # type: ignore[arg-type]
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)


def workers(url: str, folder: Path, authority: str) -> list[object]:
    (folder / "token").write_text("of the pod")
    return list(Kubernetes(url, folder / "token", folder / authority, "celery").workers("celery-prod"))


def test_an_authority_without_a_key_identifier_is_trusted(url: str, tmp_path: Path) -> None:
    assert workers(url, tmp_path, "ca.crt") == []


def test_another_authority_is_not(url: str, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    (tmp_path / "other.crt").write_bytes(certificate("kubernetes", key, key, constraints))

    with pytest.raises(urllib3.exceptions.SSLError, match="verify failed"):
        workers(url, tmp_path, "other.crt")


def test_another_name_is_not(url: str, tmp_path: Path) -> None:
    with pytest.raises(urllib3.exceptions.SSLError, match="localhost"):
        workers(url.replace("127.0.0.1", "localhost"), tmp_path, "ca.crt")
