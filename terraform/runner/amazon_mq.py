"""After an apply: set the password of Amazon MQ's user through RabbitMQ's management API.

Terraform creates the broker with one user and a throwaway password. This step sets the password from Secrets Manager.
An error fails the run, because an apply is not finished while a valid password is in the state.
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
        """The HTTP header with this login."""
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
        """Whether RabbitMQ accepts this login.

        Raises:
            RunError: the management API does not respond.
        """
        return self._ask(login, "GET", "/api/whoami").status == HTTPStatus.OK

    def put(self, login: Login, path: str, body: dict[str, Any]) -> None:
        """Create or update an object of the management API, such as `/api/users/celery`.

        Raises:
            RunError: RabbitMQ refused it; the error contains its answer.
        """
        answer = self._ask(login, "PUT", path, json.dumps(body))
        if answer.status not in (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
            found = f"{answer.status}: {answer.data.decode(errors='replace')[:200]}"
            raise RunError(
                f"RabbitMQ at {self.url} to accept PUT {path}", found, "repeat `python terraform/run.py passwords ENV`"
            )

    def _ask(self, login: Login, method: str, path: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
        headers = login.headers | self._host | {"Content-Type": "application/json"}
        try:
            return self._pool.request(method, path, body=body, headers=headers)
        except HTTPError as error:
            remedy = "check the tunnel or the network, then run `python terraform/run.py passwords ENV`"
            raise RunError(f"RabbitMQ's management API at {self.url}", str(error), remedy) from None


def management_url(broker_url: str) -> str:
    """The URL of the management API of an Amazon MQ broker.

    Example: `management_url("amqps://b-1.mq.eu-west-1.on.aws:5671") == "https://b-1.mq.eu-west-1.on.aws:443"`
    """
    return f"https://{urlsplit(broker_url).hostname}:{MANAGEMENT_PORT}"


def settle(api: Management, wanted: Login, bootstrap: Login) -> Iterator[str]:
    """Set the user's password to the one in Secrets Manager; yields a line for each change.

    Raises:
        RunError: neither password is valid, or RabbitMQ refused the change.
    """
    if not api.accepts(wanted):
        if not api.accepts(bootstrap):
            remedy = "somebody changed it by hand: set it to the password in Secrets Manager in RabbitMQ's console"
            raise RunError(
                f"{wanted.user} to log in with the password in Secrets Manager, or the initial one", "neither", remedy
            )
        body = {"password": wanted.password, "tags": "administrator"}
        api.put(bootstrap, f"/api/users/{quote(wanted.user, safe='')}", body)
        yield f"RabbitMQ's user {wanted.user} now has the password in Secrets Manager"
