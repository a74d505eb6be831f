"""What happened to a task, and which tasks are looked for: read from the store when somebody looks."""

from celery_platform.console.state.shared_by_key import SharedByKey
from celery_platform.observability.timeline.reading import Timeline, timeline
from celery_platform.observability.timeline.search import Found, Search, search
from celery_platform.observability.worker_reports import live_reports

# Least seconds between two readings of the same, and how many answers are kept.
TIMELINE_SECONDS, SEARCH_SECONDS = 2.0, 5.0
MOST_KEPT = 32
EVENTS_A_PAGE = 50


def shared_timelines() -> SharedByKey[str, Timeline]:
    """Timelines by the id of a task."""
    return SharedByKey(lambda task_id: timeline(task_id, live_reports()), TIMELINE_SECONDS, MOST_KEPT)


def shared_searches() -> SharedByKey[Search, Found]:
    """What a search finds, one page of it. Searches are made one after the other, however many people look."""
    return SharedByKey(lambda asked: search(asked, EVENTS_A_PAGE), SEARCH_SECONDS, MOST_KEPT)
