"""Any error of a message, between taking it and handing it to whatever runs its task, is that message's alone.

Celery 5.7.0 expects three kinds (`Consumer.create_task_handler`). A header of an unexpected type, a body that is too
deep to decode, or one that cannot be pickled for a child ended the worker, and gave what it held back as one more
delivery each. And kombu counts KeyError among the errors of a connection to Redis (`get_redis_error_classes`): a
message without an id made the worker connect again for ever.
Unnecessary as soon as Celery handles every exception of a message; `tests/settlement/test_malformed.py` shows it.
"""

import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

Handler = Callable[[Any], Any]


def handle_each_alone(consumer: Any, handle: Handler) -> Handler:
    """Celery's handler of each message, whose errors end as Celery's invalid messages do (`on_invalid_task`).

    Example: `handler = handle_each_alone(consumer, consumer.create_task_handler())`
    """
    all_errors = (*consumer.connection_errors, *consumer.channel_errors)
    of_the_connection = tuple(kind for kind in all_errors if not issubclass(kind, LookupError))

    def on_task_received(message: Any) -> Any:
        try:
            return handle(message)
        except of_the_connection:
            raise
        except Exception as error:
            if not message.acknowledged:
                return consumer.on_invalid_task(None, message, error)
            logger.exception("message %r was settled, but what follows failed", message)
            return None

    return on_task_received
