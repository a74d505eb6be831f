"""Sign a record with the environment's key in AWS KMS, which nobody can read, and check the signature.

A record is a DSSE envelope (github.com/secure-systems-lab/dsse), the form in which in-toto and Sigstore sign. The key
is found by its alias, which the checkout names, and not by anything that stands beside the record.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from celery_platform.errors import ReleaseChangedError
from celery_platform.release.records.account import explained
from celery_platform.settings.discovery import client

PAYLOAD_TYPE = "application/vnd.celery-platform.release+json"
ALGORITHM = "ECDSA_SHA_256"


def key_alias(resolved: dict[str, Any]) -> str:
    """The alias of the key of an environment's releases (terraform/releases.tf).

    Example: `key_alias(resolve(load("prod"))) == "alias/celery-prod-releases"`
    """
    return f"alias/{resolved['prefix']}-releases"


@dataclass(frozen=True)
class Key:
    """A key in AWS KMS, by its alias.

    Example: `Key("alias/celery-prod-releases")`
    """

    alias: str

    def seal(self, payload: bytes) -> bytes:
        """Sign a payload and put both in an envelope.

        Raises:
            ReleaseError: KMS refuses.

        Example: `key.opened(key.seal(b"{}"), "the record r1") == b"{}"`
        """
        remedy = "Run `make apply`, which makes the key, and push with a role that may use kms:Sign on it."
        with explained(f"a signature with the key {self.alias}", remedy):
            made = self._kms.sign(
                KeyId=self.alias, Message=_digest(payload), MessageType="DIGEST", SigningAlgorithm=ALGORITHM
            )["Signature"]
        envelope = {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": self.alias, "sig": base64.b64encode(made).decode()}],
        }
        return json.dumps(envelope, indent=2).encode() + b"\n"

    def opened(self, envelope: bytes, label: str) -> bytes:
        """The payload of an envelope that this key has signed. `label` is what an error calls the envelope.

        Raises:
            ReleaseChangedError: it was changed after it was signed, or another key signed it.
            ReleaseError: KMS does not answer.
        """
        try:
            read = json.loads(envelope)
            payload = base64.b64decode(read["payload"], validate=True)
            signatures = [base64.b64decode(one["sig"], validate=True) for one in read["signatures"]]
            signed = read["payloadType"] == PAYLOAD_TYPE and any(self._made(one, payload) for one in signatures)
        except (ValueError, KeyError, TypeError):
            signed, payload = False, b""
        if not signed:
            raise ReleaseChangedError(
                expected=f"{label} as the key {self.alias} signed it",
                found="another content, or a signature of another key",
                remedy="Do not deploy it. Find out who wrote to the bucket of releases (CloudTrail), and push again "
                "from the commit.",
            )
        return payload

    def _made(self, signature: bytes, payload: bytes) -> bool:
        remedy = "Check the AWS credentials: who uses a release needs kms:Verify on that key, which `make apply` makes."
        with explained(f"the key {self.alias} to check a signature", remedy):
            try:
                answer = self._kms.verify(
                    KeyId=self.alias, Message=_digest(payload), MessageType="DIGEST", Signature=signature,
                    SigningAlgorithm=ALGORITHM,
                )  # fmt: skip
            except self._kms.exceptions.KMSInvalidSignatureException:
                return False
        return bool(answer["SignatureValid"])

    @cached_property
    def _kms(self) -> Any:
        return client("kms")


def _digest(payload: bytes) -> bytes:
    """Of what DSSE signs: the type and the payload with their lengths (PAE), so that neither passes for the other."""
    kind = PAYLOAD_TYPE.encode()
    return hashlib.sha256(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)).digest()
