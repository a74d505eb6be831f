"""Fetch a user's numbers from a metrics API with a quota that all workers share."""

from typing import Any
from urllib.parse import quote

from celery import Task
from celery_platform.reliability.deadline import deadline
from celery_platform.reliability.rate_limit import RateLimit
from celery_platform.reliability.valkey import valkey
from celery_platform.reliability.waiting import wait
from celery_platform.settings import runtime

from shop.celery import celery
from shop.needs import needed
from shop.services import http

KEEP_SECONDS = 86_400
# An older request has been replaced by a newer one.
WANTED_SECONDS = 3_600


@celery.task(bind=True, name="shop.tasks.metrics.fetch_social_metrics")
@deadline(WANTED_SECONDS, drop=True)
def fetch_social_metrics(self: Task[Any, Any], user_id: str) -> None:
    """Fetch followers and posts of a user and keep them for a day under `<prefix>:social:<user_id>`.

    Waiting for the quota does not use up retries, which are for errors. Runs at most one hour late.

    Example: `fetch_social_metrics.delay("user-7")`
    """
    RateLimit("metrics-api", int(needed("METRICS_API_RATE_PER_MINUTE"))).admit(self)
    try:
        numbers = http.call("GET", f"{needed('METRICS_API_URL')}/users/{quote(user_id, safe='')}/metrics")
    except http.TooManyRequestsError as refused:
        # Something outside this environment uses the quota, too.
        wait(self, refused.retry_after)
    key = f"{runtime().environment.prefix}:social:{user_id}"
    with valkey().pipeline() as pipe:
        pipe.hset(key, mapping={"followers": numbers["followers"], "posts": numbers["posts"]})
        pipe.expire(key, KEEP_SECONDS)
        pipe.execute()
