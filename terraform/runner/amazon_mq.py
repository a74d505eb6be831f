"""After an apply: what only RabbitMQ itself can be told on Amazon MQ, over its management API.

Terraform makes the broker with one user. Here that user gets the password in Secrets Manager. An error ends the run: a
broker whose password is in the state must not look like a finished apply.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from runner.errors import RunError

MANAGEMENT_PORT = 443
TIMEOUT = urllib3.Timeout(connect=5, read=20)


@dataclass(frozen=True)
class Login:
    """A RabbitMQ user and its password."""

    user: str
    password: str

    @property
    def headers(self) -> dict[str, str]:
        """HTTP's header for it."""
        return urllib3.make_headers(basic_auth=f"{self.user}:{self.password}")


class Management:
    """RabbitMQ's management API behind `url`. `through` is the local port of a tunnel to it, if one is needed.

    Example: `Management("https://b-1.mq.eu-west-1.on.aws").accepts(Login("celery", "..."))`
    """

    def __init__(self, url: str, through: int | None = None) -> None:
        self.url = url
        parts = urlsplit(url)
        tls = {"server_hostname": parts.hostname, "assert_hostname": parts.hostname} if parts.scheme == "https" else {}
        address = f"{parts.scheme}://127.0.0.1:{through}" if through else url
        self._pool = urllib3.connectionpool.connection_from_url(address, timeout=TIMEOUT, retries=False, **tls)
        self._host = {"Host": parts.netloc}

    def accepts(self, login: Login) -> bool:
        """Whether this login is right.

        Raises:
            RunError: nothing answers there.
        """
        return self._ask(login, "GET", "/api/whoami").status == HTTPStatus.OK

    def put(self, login: Login, path: str, body: dict[str, Any]) -> None:
        """Make or change something.

        Raises:
            RunError: RabbitMQ did not do it; with what it said.
        """
        answer = self._ask(login, "PUT", path, json.dumps(body))
        if answer.status not in (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
            found = f"{answer.status}: {answer.data.decode(errors='replace')[:200]}"
            raise RunError(
                f"RabbitMQ at {self.url} to take {path}", found, "repeat `python terraform/run.py passwords`"
            )

    def _ask(self, login: Login, method: str, path: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
        headers = login.headers | self._host | {"Content-Type": "application/json"}
        try:
            return self._pool.request(method, path, body=body, headers=headers)
        except HTTPError as error:
            remedy = "check the tunnel or the network; then `python terraform/run.py passwords ENV`"
            raise RunError(f"RabbitMQ's management API at {self.url}", str(error), remedy) from None


def management_url(broker_url: str) -> str:
    """Where Amazon MQ serves the management API of a broker.

    Example: `management_url("amqps://b-1.mq.eu-west-1.on.aws:5671") == "https://b-1.mq.eu-west-1.on.aws:443"`
    """
    return f"https://{urlsplit(broker_url).hostname}:{MANAGEMENT_PORT}"


def settle(api: Management, wanted: Login, bootstrap: Login) -> Iterator[str]:
    """Bring the user's password to what it should be; say what was changed.

    Raises:
        RunError: neither password is right, or RabbitMQ refused a change.
    """
    if not api.accepts(wanted):
        if not api.accepts(bootstrap):
            remedy = "somebody changed it by hand: set the user's password to the secret's in RabbitMQ's console"
            raise RunError(f"{wanted.user} to log in with the secret's password, or the first one", "neither", remedy)
        body = {"password": wanted.password, "tags": "administrator"}
        api.put(bootstrap, f"/api/users/{quote(wanted.user, safe='')}", body)
        yield f"RabbitMQ's user {wanted.user} has the password of the secret"
