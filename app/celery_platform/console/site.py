"""What every page of one console has at hand, and how it is answered."""

from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from celery_platform.console.audit import AuditLog
from celery_platform.console.rendering import templates
from celery_platform.console.security.forms import Forms
from celery_platform.console.security.gate import PERSON
from celery_platform.console.security.person import Authentication, Person
from celery_platform.console.state.backlogs import Backlog
from celery_platform.console.state.dead_letter_turn import DeadLetterTurn
from celery_platform.console.state.dry_runs import Asked
from celery_platform.console.state.failures.reading import FailureReader, Failures
from celery_platform.console.state.overview import Overview
from celery_platform.console.state.replays import Replays
from celery_platform.console.state.schedule import Schedule
from celery_platform.console.state.shared import Shared
from celery_platform.console.state.shared_by_key import SharedByKey
from celery_platform.dead_letters.dry_run import DryRun
from celery_platform.observability.releases import Begun
from celery_platform.observability.timeline.reading import Timeline
from celery_platform.observability.timeline.search import Found, Search
from celery_platform.observability.why import Why
from celery_platform.observability.worker_reports import WorkerReport
from celery_platform.settings import Runtime

# The questions in the order in which an operator asks them.
QUESTIONS = (
    ("/", "Is all well?"),
    ("/failures", "What failed?"),
    ("/queues", "Why is it late?"),
    ("/tasks", "What happened?"),
    ("/workers", "Who is working?"),
    ("/schedule", "What is scheduled?"),
)
# Seconds between two updates of an open page. It asks the console, and not the broker.
UPDATE_SECONDS = 5
SERVER_ERROR = 500


@dataclass(frozen=True)
class Site:
    """One console of one environment."""

    runtime: Runtime
    authentication: Authentication
    overview: Shared[Overview]
    failures: Shared[Failures]
    failure_reader: FailureReader
    dead_letter_turn: DeadLetterTurn
    dry_runs: SharedByKey[Asked, DryRun]
    whys: SharedByKey[str, Why]
    replays: Replays
    workers: Shared[list[WorkerReport]]
    schedule: Shared[Schedule]
    timelines: SharedByKey[str, Timeline]
    searches: SharedByKey[Search, Found]
    releases: Shared[list[Begun]]
    backlogs: SharedByKey[str, Backlog] | None
    audit: AuditLog
    allow_actions: bool = False
    audits_sign_ins: bool = False
    forms: Forms = field(default_factory=Forms)
    templates: Environment = field(default_factory=templates)

    def person(self, request: Request) -> Person:
        """Who asks; there is always somebody behind the gate."""
        person: Person = request.scope[PERSON]
        return person

    def problem(self, request: Request, status: int, heading: str, text: str) -> Response:
        """Answer with a status of HTTP and what the matter is. Whoever is not signed in learns nothing else."""
        if PERSON not in request.scope:
            return PlainTextResponse(f"{text}\n", status)
        values = {"heading": heading, "text": text, "severity": "urgent" if status >= SERVER_ERROR else "soon"}
        return HTMLResponse(self._html(request, "problem.html", values), status)

    def page(self, request: Request, template: str, **values: Any) -> HTMLResponse:
        """Answer with a page. Its form token, its person and its place among the questions are added."""
        return HTMLResponse(self._html(request, template, values))

    def _html(self, request: Request, template: str, values: dict[str, Any]) -> str:
        person, is_live = self.person(request), request.query_params.get("live") != "0"
        common = {
            "environment": self.runtime.environment.name,
            "broker": self.runtime.environment.broker_kind,
            "questions": QUESTIONS,
            "here": request.url.path,
            "url": _relative(request.url),
            "is_live": is_live,
            "other_way": _relative(
                request.url.include_query_params(live=0) if is_live else request.url.remove_query_params("live")
            ),
            "every": UPDATE_SECONDS,
            "person": person,
            "csrf": self.forms.token(person),
            "allow_actions": self.allow_actions,
        }
        return self.templates.get_template(template).render(common | values)


def _relative(url: URL) -> str:
    """The address of a page without its host, which the client has stated."""
    return url.path + (f"?{url.query}" if url.query else "")
