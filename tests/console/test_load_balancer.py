"""Behind a load balancer, the person is whoever that one load balancer has signed in."""

import threading
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from celery_platform.console.security.load_balancer import HEADER, LoadBalancerAuthentication
from celery_platform.console.security.person import Person
from celery_platform.console.security.public_keys import PublicKeys
from celery_platform.errors import SettingsError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import HTTPConnection

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/console/0123456789abcdef"
OTHER = ARN.replace("console", "another")
KEY_ID = str(uuid.UUID(int=7))


class Region:
    """The public keys of a region on loopback, in place of AWS's, and what was asked."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        public = self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.asked: list[str] = []
        region = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                region.asked.append(self.path)
                self.send_response(200 if self.path == f"/{KEY_ID}" else 404)
                self.end_headers()
                self.wfile.write(public if self.path == f"/{KEY_ID}" else b"")

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def keys(self) -> PublicKeys:
        return PublicKeys(f"http://127.0.0.1:{self.server.server_port}")

    def token(self, claims: dict[str, Any] | None = None, private: Any = None, **header: Any) -> str:
        """A token as the load balancer makes it, with what differs."""
        expires = int(time.time()) + 100
        headers: dict[str, Any] = {
            "kid": KEY_ID,
            "signer": ARN,
            "client": "c",
            "iss": "https://idp.example",
            "exp": expires,
        } | header
        payload = {"sub": "7", "email": "ann@example.com", "exp": expires} | (claims or {})
        algorithm = headers.pop("alg", "ES256")
        return jwt.encode(payload, private or self.private, algorithm=algorithm, headers=headers)


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    made = Region()
    yield made
    made.server.shutdown()


def person(region: Region, *tokens: str, forwarded: str = "203.0.113.9") -> Person | None:
    headers = [(HEADER.encode(), token.encode()) for token in tokens] + [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "http", "headers": headers, "client": ("10.0.0.1", 1)}
    return LoadBalancerAuthentication(ARN, region.keys).person(HTTPConnection(scope))


def test_whoever_was_signed_in_is_known_by_their_address(region: Region) -> None:
    assert person(region, region.token()) == Person("ann@example.com", "203.0.113.9", "7")


def test_where_from_is_what_the_load_balancer_has_added(region: Region) -> None:
    found = person(region, region.token(), forwarded="1.2.3.4, 203.0.113.9")

    assert found
    assert found.address == "203.0.113.9"


def test_the_padding_of_aws_is_read(region: Region) -> None:
    """AWS pads each part, which RFC 7515 forbids; the signature is over the padded parts."""
    header, payload, _ = region.token().split(".")
    padded = [part + "=" * (-len(part) % 4) for part in (header, payload)]
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256).sign(
        ".".join(padded).encode(), region.private
    )
    token = ".".join([*padded, urlsafe_b64encode(signature).decode()])

    assert person(region, token)


def forged(region: Region) -> dict[str, str]:
    now = int(time.time())
    other = ec.generate_private_key(ec.SECP256R1())
    good = region.token()
    header, payload, signature = good.split(".")
    return {
        "another load balancer": region.token(signer=OTHER),
        "no signer": region.token(signer=None),
        "another key": region.token(private=other),
        "a key that is not there": region.token(kid=str(uuid.uuid4())),
        "a path as the key": region.token(kid="../../key"),
        "expired": region.token({"exp": now - 1}),
        "expired by its header": region.token(exp=now - 1),
        "no expiry in the header": region.token(exp=None),
        "nobody": region.token({"sub": None}),
        "unsigned": jwt.encode(
            {"sub": "7"}, "", algorithm="none", headers={"kid": KEY_ID, "signer": ARN, "exp": now + 9}
        ),
        "signed with the public key as a secret": jwt.encode(
            {"sub": "7"}, "k" * 32, algorithm="HS256", headers={"kid": KEY_ID, "signer": ARN, "exp": now + 9}
        ),
        "cut": f"{header}.{payload}.",
        "another payload": f"{header}.{payload[:-4]}AAAA.{signature}",
        "no token": "admin@example.com",
        "empty": "",
        "long": good + "A" * 20_000,
    }


@pytest.mark.parametrize("name", [
    "another load balancer", "no signer", "another key", "a key that is not there", "a path as the key", "expired",
    "expired by its header", "no expiry in the header", "nobody", "unsigned", "signed with the public key as a secret",
    "cut", "another payload", "no token", "empty", "long",
])  # fmt: skip
def test_a_forged_token_is_nobodys(region: Region, name: str) -> None:
    assert person(region, forged(region)[name]) is None


def test_a_header_that_comes_twice_is_nobodys(region: Region) -> None:
    assert person(region, region.token(), region.token()) is None
    assert person(region) is None


@pytest.mark.parametrize("key_id", ["../../key", f"{KEY_ID}/../x", f"{KEY_ID}?x", f"{KEY_ID}\n", "", "x"])
def test_a_key_is_not_asked_for_by_anything_but_its_id(region: Region, key_id: str) -> None:
    region.asked.clear()

    assert region.keys.key(key_id) is None
    assert region.asked == []


def test_a_key_is_asked_for_once_and_a_flood_of_forged_ones_is_bounded(region: Region) -> None:
    keys = region.keys
    region.asked.clear()
    assert all(keys.key(KEY_ID) for _ in range(5))
    assert region.asked == [f"/{KEY_ID}"]

    for number in range(200):
        keys.key(str(uuid.UUID(int=number + 100)))

    assert len(region.asked) <= 30
    assert keys.key(KEY_ID), "the real key is still known"


@pytest.mark.parametrize(
    "arn", ["", "console", ARN.replace("aws:", "aws-cn:"), ARN.replace("app/", "net/"), ARN + "/x"]
)
def test_what_is_no_such_load_balancer_is_refused(arn: str) -> None:
    with pytest.raises(SettingsError, match="Application Load Balancer"):
        LoadBalancerAuthentication(arn)
