"""What Prometheus says of an environment: the alerts that are firing, and how fast queues use up their error budget."""

import json
import urllib.parse
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from celery_platform.observability.alerts.error_budget import BURNS, burn_rate, late_ratio

SECONDS = 5
# The recording rules of the windows over which the alerts measure, by name.
WINDOW_OF = {late_ratio(burn.long): burn.long for burn in BURNS}
FIRING = 'ALERTS{alertstate="firing"}'
# Of all queues at once.
LATE = f'{{__name__=~"{"|".join(WINDOW_OF)}"}}'


@dataclass(frozen=True)
class Told:
    """The labels of each firing alert, and burn rates by the name of a queue on the broker and by window (`1h`)."""

    alerts: list[dict[str, str]]
    burn_rates: dict[str, dict[str, float]]


def ask_prometheus(url: str, objective: float) -> Told:
    """Ask the Prometheus at this URL two queries, however many queues there are.

    Args:
        url: such as `http://localhost:9090`.
        objective: the share of tasks that has to start in time.

    Raises:
        OSError, ValueError, KeyError: it does not answer, or what answers is no Prometheus.

    Example: `ask_prometheus(url, 0.99).burn_rates["celery-prod-email"]["1h"]`
    """
    hidden = {"__name__", "alertstate"}
    alerts = [
        {name: value for name, value in each["metric"].items() if name not in hidden} for each in _query(url, FIRING)
    ]
    rates: dict[str, dict[str, float]] = defaultdict(dict)
    for each in _query(url, LATE):
        labels = each["metric"]
        rates[labels["queue_name"]][WINDOW_OF[labels["__name__"]]] = burn_rate(float(each["value"][1]), objective)
    return Told(alerts, dict(rates))


def longest_backlogs(url: str, queue: str, begin: float, end: float, parts: int) -> list[float | None]:
    """The most unfinished messages of a queue in each of so many equal parts of a time; `None` where not known.

    Args:
        url: of Prometheus.
        queue: its name on the broker.
        begin: a Unix time.
        end: a Unix time.
        parts: how many.

    Raises:
        OSError, ValueError, KeyError: it does not answer, or what answers is no Prometheus.

    Example: `max(filter(None, longest_backlogs(url, "celery-prod-email", now - 3600, now, 60)), default=0)`
    """
    step = int((end - begin) / parts)
    expression = f"max(max_over_time(celery_queue_backlog{{queue_name={json.dumps(queue)}}}[{step}s]))"
    # Each value is of the time before it.
    series = _ask(url, "query_range", query=expression, start=begin + step, end=end, step=step)
    found: list[float | None] = [None] * parts
    for at, value in series[0]["values"] if series else ():
        found[min(parts - 1, round((at - begin) / step) - 1)] = float(value)
    return found


def _query(url: str, expression: str) -> list[Any]:
    return _ask(url, "query", query=expression)


def _ask(url: str, kind: str, **words: Any) -> list[Any]:
    encoded = urllib.parse.urlencode(words | {"timeout": f"{SECONDS}s"})
    with urllib.request.urlopen(  # noqa: S310 - the operator chooses the URL
        f"{url}/api/v1/{kind}?{encoded}", timeout=SECONDS
    ) as answer:
        return list(json.load(answer)["data"]["result"])
