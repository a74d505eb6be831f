"""What the reliability pieces tell whoever counts: signals as Celery's own, which cost nothing when nobody listens.

They keep the pieces free of any metrics library. A receiver that fails is logged and never fails the sender.

Example: `effect_repeated.send(sender=None, key="email:welcome-7")`
"""

from celery.utils.dispatch import Signal

# A run found its effect done already, by `key`: a duplicate that did no harm.
effect_repeated = Signal(name="effect_repeated", providing_args=["key"])
# A task goes back to its queue until its turn under the shared limit `limit`, `seconds` from now.
rate_limit_waited = Signal(name="rate_limit_waited", providing_args=["limit", "seconds"])
# A stopping worker gave `tasks` (a list of texts) back to the broker, because its time was up. Its process ends next.
tasks_given_back = Signal(name="tasks_given_back", providing_args=["tasks"])
# A message was published to the dead letters of `queue` (its name), because `task` (its name) failed with `error`.
dead_letter_published = Signal(name="dead_letter_published", providing_args=["queue", "task", "error"])
