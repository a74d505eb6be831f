"""Patterns that match every queue of an environment, or every dead letter queue, and nothing else of it.

An IAM policy that lists a thousand queues is too long for IAM. These patterns allow the same and do not grow with the
number of queues: there are at most as many as letters in which names end.
"""

from collections.abc import Iterator

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.queues import FIFO, queue_names
from celery_platform.environment.model import Environment

# Labels, as in `workloads`, of every queue and of every dead letter queue. A label in a file begins with a letter.
EVERY_QUEUE = "*"
EVERY_DEAD_LETTER_QUEUE = "*-dlq"


def queue_patterns(env: Environment, prefix: str) -> Json:
    """The section `queue_patterns`: names of queues on SQS in which `*` matches any text, as in IAM policies.

    A pattern for all queues must not match the dead letter queues, whose names have the same beginning. So the patterns
    are the different ends of the queues' names.

    Example: `queue_patterns(load("prod"), "celery-prod")["*-dlq"] == ["celery-prod-*-dlq"]` on SQS
    """
    if not env.broker.kind.facts.queues_in_iam:
        return {}
    named = [queue_names(prefix, label, queue) for label, queue in env.queues.items()]
    dead = [names["dead_letter_name"] for names in named]
    return {
        EVERY_QUEUE: covering(f"{prefix}-", [names["name"] for names in named], dead),
        EVERY_DEAD_LETTER_QUEUE: sorted({f"{prefix}-*-dlq{FIFO if name.endswith(FIFO) else ''}" for name in dead}),
    }


def covering(beginning: str, names: list[str], others: list[str]) -> list[str]:
    """Patterns that match all names, each of which starts with `beginning`, and none of the others.

    Example: `covering("c-", ["c-mail", "c-film"], ["c-mail-dlq", "c-film-dlq"]) == ["c-*l", "c-*m"]`
    """
    excluded = {end for name in others for end in _ends(name.removeprefix(beginning))}
    return sorted({_pattern(beginning, name.removeprefix(beginning), excluded) for name in names})


def _pattern(beginning: str, rest: str, excluded: set[str]) -> str:
    """The pattern of the shortest end of a name that no other name has; the name itself if it has no such end."""
    end = next((end for end in _ends(rest) if end not in excluded), None)
    return f"{beginning}{rest}" if end is None else f"{beginning}*{end}"


def _ends(text: str) -> Iterator[str]:
    """The ends of a text, the shortest first."""
    return (text[-length:] for length in range(1, len(text) + 1))
