"""The console as an ASGI application: its addresses, and what stands before them."""

import logging
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from celery_platform.console.audit import AuditError
from celery_platform.console.pages import failures, overview, queues, replay, schedule, tasks, workers
from celery_platform.console.security.admissions import digest_of
from celery_platform.console.security.gate import Gate
from celery_platform.console.security.loopback import SESSION_SECONDS, LoopbackAuthentication
from celery_platform.console.site import Site

logger = logging.getLogger(__name__)
Page = Callable[[Site, Request], Response]
Action = Callable[[Site, Request, dict[str, str]], Response]
PAGES: dict[str, Page] = {
    "/": overview.overview,
    "/failures": failures.failures,
    "/failures/causes/{key}": failures.cause,
    "/failures/message": failures.message,
    "/replay": replay.dry_run,
    "/replays/{id}": replay.progress,
    "/queues": queues.queues,
    "/queues/{label}": queues.queue,
    "/tasks": tasks.tasks,
    "/tasks/{id:path}": tasks.task,
    "/workers": workers.workers,
    "/schedule": schedule.schedule,
}
# Each is a form of a page, asks before, and is written to the audit log.
ACTIONS: dict[str, Action] = {
    "/replay": replay.begin,
    "/replays/{id}/stop": replay.stop,
    "/queues/{label}/pause": queues.pause,
    "/queues/{label}/resume": queues.resume,
    "/tasks/cancel": tasks.cancel,
}
SIGN_IN, HEALTH = "/sign-in", "/health"


def application(site: Site) -> ASGIApp:
    """The application of one console. The gate is outermost, so that no answer leaves without its headers."""
    routes = [Route(path, _page(site, page), methods=["GET"]) for path, page in PAGES.items()]
    routes += [Route(path, _action(site, action), methods=["POST"]) for path, action in ACTIONS.items()]
    routes += [Route(HEALTH, lambda _: PlainTextResponse("ok\n")), Route(SIGN_IN, _sign_in(site), methods=["GET"])]
    behind = Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))],
        exception_handlers={HTTPException: _refused(site), AuditError: _unwritten(site), Exception: _failed(site)},
    )
    return Gate(behind, site.authentication, open_to_all=(HEALTH, SIGN_IN, "/static/"))


def _page(site: Site, page: Page) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(page, site, request)

    return answer


def _action(site: Site, action: Action) -> Callable[[Request], object]:
    """Only where actions are allowed, and only for a form that this console showed to the same person."""

    async def answer(request: Request) -> Response:
        form = await site.forms.read(request, site.person(request))
        if not site.allow_actions:
            raise HTTPException(403, "This console is read-only: start it with --allow-actions. Nothing was done.")
        return await run_in_threadpool(action, site, request, form)

    return answer


def _sign_in(site: Site) -> Callable[[Request], object]:
    """Exchange a token for a cookie. The address with the token is left at once."""

    async def answer(request: Request) -> Response:
        authentication = site.authentication
        if not isinstance(authentication, LoopbackAuthentication):
            raise HTTPException(404, "There is nothing here.")
        token = request.query_params.get("token", "")
        session = authentication.open_session(token)
        if session is None:
            return PlainTextResponse(f"This token is not valid. {authentication.how_to_sign_in}\n", 401)
        person = authentication.person_with(session, request)
        if site.audits_sign_ins and person:
            await run_in_threadpool(site.audit.write, person, "sign in", {"admission": digest_of(token)})
        response = RedirectResponse("/", 303)
        name = authentication.cookie(request)
        response.set_cookie(name, session, max_age=SESSION_SECONDS, httponly=True, samesite="strict", path="/")
        return response

    return answer


def _refused(site: Site) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as it is registered
        heading = {404: "There is nothing here", 403: "This was refused"}.get(error.status_code, "This cannot be done")
        return site.problem(request, error.status_code, heading, error.detail)

    return answer


def _unwritten(site: Site) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        text = f"The audit log cannot be written ({error}). Nothing was done."
        return site.problem(request, 503, "This cannot be done", text)

    return answer


def _failed(site: Site) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, _error: Exception) -> Response:
        return site.problem(
            request, 500, "The console failed", "This page has a defect. The console's log has the traceback."
        )

    return answer
