"""Fetching a user's numbers from a metrics API with a quota that all workers share."""

from typing import Any
from urllib.parse import quote

from celery import Task

from app.celery import celery
from app.reliability.deadline import deadline
from app.reliability.rate_limit import RateLimit
from app.reliability.valkey import valkey
from app.reliability.waiting import wait
from app.services import http
from app.settings import runtime

KEEP_SECONDS = 86_400
# Numbers asked for longer ago have been asked for again since.
WANTED_SECONDS = 3_600


@celery.task(bind=True, name="app.tasks.metrics.fetch_social_metrics")
@deadline(WANTED_SECONDS, drop=True)
def fetch_social_metrics(self: Task[Any, Any], user_id: str) -> None:
    """Fetch followers and posts of a user and keep them for a day under `<prefix>:social:<user_id>`.

    Waits its turn under the quota without spending retries, which are for errors. Not run more than an hour late.

    Example: `fetch_social_metrics.delay("user-7")`
    """
    services = runtime().environment.services
    RateLimit("metrics-api", services["metrics_rate_per_minute"]).admit(self)
    try:
        numbers = http.call("GET", f"{services['metrics_api_url']}/users/{quote(user_id, safe='')}/metrics")
    except http.TooManyRequestsError as refused:
        # Somebody outside this environment uses the quota too.
        wait(self, refused.retry_after)
    key = f"{runtime().environment.prefix}:social:{user_id}"
    with valkey().pipeline() as pipe:
        pipe.hset(key, mapping={"followers": numbers["followers"], "posts": numbers["posts"]})
        pipe.expire(key, KEEP_SECONDS)
        pipe.execute()
