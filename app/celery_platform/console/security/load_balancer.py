"""Behind an Application Load Balancer that signs people in (OIDC): who they are is in a header that it has signed.

The header `x-amzn-oidc-data` is a JSON web token. Its signature (ES256) is verified with the public key of the region,
and its signer must be the one load balancer whose ARN the operator named: every load balancer of the region signs with
the same keys. Source: AWS, "Authenticate users using an Application Load Balancer", section "User claims encoding and
signature verification" (docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html).
"""

import re
import time
from typing import Any

import jwt
from starlette.requests import HTTPConnection

from celery_platform.console.security.person import Person
from celery_platform.console.security.public_keys import PublicKeys
from celery_platform.errors import SettingsError

HEADER = "x-amzn-oidc-data"
ARN = re.compile(r"arn:aws:elasticloadbalancing:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]{16}")
MOST_CHARACTERS = 16_384


class LoadBalancerAuthentication:
    """People whom one load balancer has signed in.

    Raises:
        SettingsError: `signer` is not the ARN of an Application Load Balancer of a commercial region.
    """

    how_to_sign_in = "Open the console at its load balancer's address, which asks you to sign in."

    def __init__(self, signer: str, keys: PublicKeys | None = None) -> None:
        found = ARN.fullmatch(signer)
        if found is None:
            raise SettingsError(
                expected="the ARN of an Application Load Balancer (arn:aws:elasticloadbalancing:...)",
                found=repr(signer),
                remedy="Copy it from `aws elbv2 describe-load-balancers`. GovCloud and China publish their keys "
                "elsewhere, which this does not know.",
            )
        self._signer = signer
        self._keys = keys or PublicKeys(f"https://public-keys.auth.elb.{found[1]}.amazonaws.com")

    def person(self, request: HTTPConnection) -> Person | None:
        """The person whom the header names, if this load balancer has signed it and it has not expired."""
        tokens = request.headers.getlist(HEADER)
        claims = self._claims(tokens[0]) if len(tokens) == 1 and len(tokens[0]) <= MOST_CHARACTERS else None
        if claims is None or not claims.get("sub"):
            return None
        subject = str(claims["sub"])
        return Person(str(claims.get("email") or subject), _address(request), subject)

    def allows_host(self, host: str) -> bool:  # noqa: ARG002 - the load balancer's listener decides it
        """Any: the load balancer checks health by address, and a signature stands behind every page."""
        return True

    def _claims(self, token: str) -> dict[str, Any] | None:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("signer") != self._signer or float(header["exp"]) < time.time():
                return None
            key = self._keys.key(str(header["kid"]))
            return dict(jwt.decode(token, key, algorithms=["ES256"])) if key else None
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            return None


def _address(request: HTTPConnection) -> str:
    """Where the request came from: the load balancer appends it to what the client may have claimed."""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or (request.client.host if request.client else "")
