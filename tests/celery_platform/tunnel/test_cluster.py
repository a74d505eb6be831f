"""The cluster's API through a tunnel: kubectl expects the certificate of the cluster's own name."""

import base64
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from celery_platform.release.cluster.access import of_eks
from celery_platform.release.kubernetes_tools import tool
from celery_platform.settings.tunnelled import Forwarded

pytestmark = pytest.mark.server
NAME = "0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com"


class _Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, Any], int]]:
    """A cluster as `DescribeCluster` returns it, and the local port at which a tunnel serves its API."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(request.param).configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), _Api)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    authority = base64.b64encode(ca.cert_pem.bytes()).decode()
    yield {"endpoint": f"https://{NAME}", "certificateAuthority": {"data": authority}}, server.server_port
    server.shutdown()


def _kubectl(folder: Path, described: dict[str, Any], port: int) -> subprocess.CompletedProcess[str]:
    config = of_eks("celery-prod", described, [Forwarded("kubernetes", NAME, 443, port)])
    config["users"][0]["user"] = {"token": "no account signs one here"}
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return subprocess.run(
        [tool("kubectl"), "--kubeconfig", file, "get", "--raw", "/healthz"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("cluster", [NAME], indirect=True)
def test_kubectl_reaches_the_cluster(cluster: tuple[dict[str, Any], int], tmp_path: Path) -> None:
    done = _kubectl(tmp_path, *cluster)

    assert done.stdout == "ok", done.stderr


@pytest.mark.parametrize("cluster", ["127.0.0.1"], indirect=True)
def test_kubectl_refuses_another_server_at_the_same_port(cluster: tuple[dict[str, Any], int], tmp_path: Path) -> None:
    done = _kubectl(tmp_path, *cluster)

    assert done.returncode != 0
    assert f"not {NAME}" in done.stderr or NAME in done.stderr


def test_without_a_tunnel_the_cluster_is_where_it_is() -> None:
    config = of_eks("celery-prod", {"endpoint": f"https://{NAME}", "certificateAuthority": {"data": ""}})

    assert config["clusters"][0]["cluster"]["server"] == f"https://{NAME}"
