"""What every request passes: the headers of each answer, the host that was asked for, and who asks."""

from collections.abc import Iterable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from celery_platform.console.security.person import Authentication

# Scripts and styles are files of the console; nothing is loaded from elsewhere, framed, or kept by a browser.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # With `no-referrer` a browser sends forms with the origin `null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
# A browser sends no cookie (SameSite=Strict) with a link from another site, such as a chat. It does when this page of
# the console asks for the same address.
AGAIN = """<!doctype html><html lang="en"><title>Opening the console</title><meta http-equiv="refresh" content="0">
<p>Opening the console. <a href="">Open it</a></p></html>
"""
PERSON = "celery_platform.console.person"


class Gate:
    """Answers 401 to whoever is not signed in. Only the paths in `open_to_all` are for everybody.

    Args:
        app: what is behind it.
        authentication: how the person is found out.
        open_to_all: paths; one that ends with a slash stands for all below it.
    """

    def __init__(self, app: ASGIApp, authentication: Authentication, open_to_all: Iterable[str]) -> None:
        self._app, self._authentication = app, authentication
        self._paths = frozenset(path for path in open_to_all if not path.endswith("/"))
        self._below = tuple(path for path in open_to_all if path.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request of a known person."""
        if scope["type"] != "http":  # the start and the end of the server
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        # In a thread: a key of the load balancer may have to be asked for first.
        refusal = await run_in_threadpool(self._refusal, scope)
        return await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        request = HTTPConnection(scope)
        if not self._authentication.allows_host(request.headers.get("host", "")):
            return PlainTextResponse("The console does not answer under this name.\n", 421)
        path = scope["path"]
        if path in self._paths or path.startswith(self._below):
            return None
        person = self._authentication.person(request)
        if person is None and _follows_a_link_from_elsewhere(request):
            return HTMLResponse(AGAIN, 401)
        if person is None:
            return PlainTextResponse(f"You are not signed in. {self._authentication.how_to_sign_in}\n", 401)
        scope[PERSON] = person
        return None


def _follows_a_link_from_elsewhere(request: HTTPConnection) -> bool:
    """Whether a browser says so. The second request comes from this site's own page, so that there is no third."""
    headers = request.headers
    cross = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    return cross and headers.get("sec-fetch-mode") == "navigate" and request.scope["method"] == "GET"
