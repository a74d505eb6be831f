"""Signals by which the reliability pieces report to metrics; without a receiver they cost nothing.

They are of Celery's own kind, and keep the pieces free of any metrics library. A receiver that fails is logged and
never fails the sender.

Example: `effect_repeated.send(sender=None, key="email:welcome-7")`
"""

from celery.utils.dispatch import Signal

# A run found that the effect under `key` had happened already: a harmless duplicate.
effect_repeated = Signal(name="effect_repeated", providing_args=["key"])
# A task goes back to its queue until its turn under the shared limit `limit`, `seconds` from now.
rate_limit_waited = Signal(name="rate_limit_waited", providing_args=["limit", "seconds"])
# A stopping worker requeued the messages of `tasks` (a list of texts) because its time was over. It ends next.
tasks_given_back = Signal(name="tasks_given_back", providing_args=["tasks"])
# A message of `queue` (a name) was dead-lettered, because `task` (a name) failed with `error`.
dead_letter_published = Signal(name="dead_letter_published", providing_args=["queue", "task", "error"])
# A worker settled a delivery of `task` (a name); `settlement` is a value of celery_platform/settlement/names.py.
delivery_settled = Signal(name="delivery_settled", providing_args=["task", "task_id", "settlement"])
# A worker holds a message that no task of it does, or a slot without a task; `problem` says which, in few words.
delivery_unaccounted = Signal(name="delivery_unaccounted", providing_args=["problem"])
# The broker refused `operation` (its name of it) with `answer`: an error's short name, of which there are few.
broker_refused = Signal(name="broker_refused", providing_args=["operation", "answer"])
# So many events of tasks (`number`) are not kept, because the store did not answer or too many waited for it.
events_dropped = Signal(name="events_dropped", providing_args=["number"])
