"""Rules about `application.routes`: every task has one queue, and every route can match a task."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.patterns import Patterns, unmatched


def route_names_an_existing_queue(env: Environment) -> Iterator[Problem]:
    """The broker refuses or loses a message for a queue that does not exist.

    Refused by: the broker, or nobody: Redis loses the message.
    """
    allowed = f"one of: {', '.join(sorted(env.queues))}"
    for number, route in enumerate(env.application.routes):
        if route.queue not in env.queues:
            yield Problem(f"application.routes.{number}.queue", f"{route.queue!r} for {route.tasks}", allowed)
    default = env.application.default_queue
    if default is not None and default not in env.queues:
        yield Problem("application.default_queue", repr(default), allowed)


def tasks_have_one_route(env: Environment) -> Iterator[Problem]:
    """Of two routes with the same pattern, only the first would be used, whichever was meant."""
    first: dict[str, int] = {}
    for number, route in enumerate(env.application.routes):
        if route.tasks in first:
            found = f"a second route for {route.tasks}: the first is number {first[route.tasks]}"
            yield Problem(f"application.routes.{number}.tasks", found, "one route for each pattern")
        first.setdefault(route.tasks, number)


def every_route_can_match(env: Environment) -> Iterator[Problem]:
    """The first matching route is used, so a route after a wider pattern would silently never apply."""
    before = Patterns()
    seen: set[str] = set()
    for number, route in enumerate(env.application.routes):
        pattern = route.tasks
        if pattern in seen:
            continue
        earlier = before.sharing(pattern)
        seen.add(pattern)
        before.add(pattern)
        if not earlier or unmatched(pattern, earlier) is not None:
            continue
        covering = [each for each in earlier if unmatched(pattern, [each]) is None] or earlier
        found = f"{pattern}, whose tasks all match an earlier route: {' or '.join(covering)}"
        yield Problem(f"application.routes.{number}.tasks", found, "narrower patterns before wider ones")


def application_has_a_queue(env: Environment) -> Iterator[Problem]:
    """Without routes and without a default queue, no task has a queue, and every call would be refused."""
    if not env.application.routes and env.application.default_queue is None:
        yield Problem("application.routes", "no route and no default_queue", "either of them")


RULES = (route_names_an_existing_queue, tasks_have_one_route, every_route_can_match, application_has_a_queue)
