"""When the store that keeps results counts as away, and which errors say so.

Celery raises them after a task's body, when it stores the result. That is no failure of the task: its message is
delivered again when the store is back (`celery_platform.worker.store_gate` takes none before).
"""

from celery.exceptions import BackendError
from redis.exceptions import RedisError

from celery_platform.reliability.errors import StoreAwayError
from celery_platform.reliability.redis_answers import will_pass

# A store that fails over to its replica is back within seconds, which Celery's own retries bridge.
AWAY_SECONDS = 5.0
# How often a worker's loop compares.
COMPARED_SECONDS = 1.0
# After so many seconds every worker that cannot store results has stopped taking messages: it notices with one
# comparison, and cancels its consumers with the next.
NOTICED_SECONDS = AWAY_SECONDS + 2 * COMPARED_SECONDS


def says_store_away(error: BaseException) -> bool:
    """Whether the result may be stored later: not for an answer that will not pass, such as a key of another type.

    Example: `says_store_away(redis.exceptions.ConnectionError())`
    """
    if isinstance(error, RedisError) and not isinstance(error, StoreAwayError):
        return will_pass(error)
    return isinstance(error, StoreAwayError | BackendError)
