"""A file of 1,000 queues and 100 pools is read and checked within two seconds of this process's own time."""

import time

from celery_platform.environment.load import parse

from .broken import FILE, GOOD

QUEUES, POOLS = 1_000, 100
SECONDS = 2.0


def large() -> bytes:
    """Production with many queues, each with a route, a schedule and one of many pools."""
    pool = "{runs_on: eks, type: threads, concurrency: 32, min: 1, max: 20, instance_type: m7i.large}"
    routes = "".join(f'    - {{tasks: "app{n}.*", queue: q{n}}}\n' for n in range(QUEUES))
    pools = "".join(f"  p{n}: {pool}\n" for n in range(POOLS))
    queues = "".join(f"  q{n}: {{pool: p{n % POOLS}, soft_time_limit_seconds: 60}}\n" for n in range(QUEUES))
    schedule = "".join(f'  s{n}: {{task: app{n}.run, cron: "{n % 60} {n % 24} * * *"}}\n' for n in range(QUEUES))
    text = replaced(GOOD, "  routes:\n", "  variables:", routes)
    text = replaced(text, "\npools:\n", "\nqueues:", pools)
    text = replaced(text, "\nqueues:\n", "\nschedule:", queues)
    return replaced(text, "\nschedule:\n", "\nservices:", schedule).encode()


def replaced(text: str, begin: str, end: str, lines: str) -> str:
    """The text with other lines between two marks."""
    before, mark, rest = text.partition(begin)
    return before + mark + lines + rest[rest.index(end) :]


def test_a_thousand_queues_and_a_hundred_pools_are_checked_within_two_seconds() -> None:
    content = large()
    parse(GOOD.encode(), FILE)  # so that no import is counted

    began = time.process_time()
    env = parse(content, FILE)
    took = time.process_time() - began

    assert (len(env.queues), len(env.pools)) == (QUEUES, POOLS)
    assert took < SECONDS
