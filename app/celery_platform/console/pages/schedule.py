"""The page "What is scheduled?"."""

from starlette.requests import Request
from starlette.responses import Response

from celery_platform.console.site import Site


def schedule(site: Site, request: Request) -> Response:
    """Periodic entries with their last and next runs, and messages that are kept until they are due."""
    return site.page(request, "schedule.html", seen=site.schedule.look())
