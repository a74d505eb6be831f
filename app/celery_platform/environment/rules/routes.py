"""Rules about `application.routes`: every task has one queue, and every route a task that it could be for."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.patterns import unmatched


def route_names_an_existing_queue(env: Environment) -> Iterator[Problem]:
    """A message to a queue that nothing declares is refused by the broker, or lost."""
    allowed = f"one of: {', '.join(sorted(env.queues))}"
    for number, route in enumerate(env.application.routes):
        if route.queue not in env.queues:
            yield Problem(f"application.routes.{number}.queue", f"{route.queue!r} for {route.tasks}", allowed)
    default = env.application.default_queue
    if default is not None and default not in env.queues:
        yield Problem("application.default_queue", repr(default), allowed)


def tasks_have_one_route(env: Environment) -> Iterator[Problem]:
    """Of two routes for one pattern only the first would count, whichever was meant."""
    first: dict[str, int] = {}
    for number, route in enumerate(env.application.routes):
        if route.tasks in first:
            found = f"two routes for {route.tasks}: number {first[route.tasks]} already names it"
            yield Problem(f"application.routes.{number}.tasks", found, "one route for each pattern")
        first.setdefault(route.tasks, number)


def every_route_can_match(env: Environment) -> Iterator[Problem]:
    """The first route that matches counts, so one behind a wider pattern would never be asked, without an error."""
    patterns = [route.tasks for route in env.application.routes]
    for number, pattern in enumerate(patterns):
        earlier = list(dict.fromkeys(patterns[:number]))
        if pattern in earlier or unmatched(pattern, earlier) is not None:
            continue
        covering = [each for each in earlier if unmatched(pattern, [each]) is None] or earlier
        found = f"{pattern}, all of whose tasks match {' or '.join(covering)} before it"
        yield Problem(f"application.routes.{number}.tasks", found, "narrower patterns before wider ones")


def application_has_a_queue(env: Environment) -> Iterator[Problem]:
    """Without a route or a default queue no task of the application has a queue, and each call would be refused."""
    if not env.application.routes and env.application.default_queue is None:
        yield Problem("application.routes", "no route and no default_queue", "either of them")


RULES = (route_names_an_existing_queue, tasks_have_one_route, every_route_can_match, application_has_a_queue)
