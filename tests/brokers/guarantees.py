"""What the app promises its tasks, in the words of the table, and where a broker cannot: then what happens instead.

Each promise is a test of the same name on every broker. A row that names a broker says how the promise is refused or
what is promised in its place; the test asserts that.
"""

from dataclasses import dataclass, field

BROKERS = ("rabbitmq_4_quorum", "rabbitmq_3_mirrored", "sqs", "redis")
TITLES = {
    "rabbitmq_4_quorum": "RabbitMQ 4, quorum", "rabbitmq_3_mirrored": "RabbitMQ 3, mirrored", "sqs": "SQS",
    "redis": "Redis, Valkey",
}  # fmt: skip


@dataclass(frozen=True)
class Promise:
    """A row. `instead` says for a broker what holds in the promise's place."""

    text: str
    instead: dict[str, str] = field(default_factory=dict)


_MIRRORED, _QUORUM, _SQS, _REDIS = "rabbitmq_3_mirrored", "rabbitmq_4_quorum", "sqs", "redis"
_AFTER_VISIBILITY = {_SQS: "after the visibility timeout", _REDIS: "after the visibility timeout"}
_ONE_SERVER = {_SQS: "AWS's own affair", _REDIS: "one server: see restart"}

PROMISES: dict[str, Promise] = {
    # delivery
    "a_task_runs_once": Promise("A task that was sent runs once"),
    "work_waits_for_workers": Promise("Tasks sent while no worker runs are run when one starts"),
    "many_producers_lose_nothing": Promise("Tasks of several producers at once all run, each once"),
    "in_the_order_sent": Promise(
        "One worker slot runs tasks in the order sent", {_SQS: "not promised: a standard queue has no order"}
    ),
    "a_slow_queue_does_not_hold_another": Promise("A full queue does not hold up another pool's"),
    # priority
    "what_is_urgent_begins_first": Promise(
        "Of what waits, tasks of high priority begin before the others", {_QUORUM: "two of them for each other"}
    ),
    "a_priority_that_nothing_keeps_is_refused": Promise(
        "A high priority on a queue that keeps none is refused when sent, nothing sent"
    ),
    # redelivery
    "a_killed_workers_task_runs_again": Promise("The task of a killed worker runs again", _AFTER_VISIBILITY),
    "a_killed_childs_task_runs_again": Promise(
        "The task of a killed child process runs again, at once", {_SQS: "after the visibility timeout"}
    ),
    "done_is_not_done_again": Promise("A finished task does not run again after a restart of its worker"),
    # poison
    "a_message_that_kills_children_is_buried": Promise("A message that kills its process each time is dead-lettered"),
    "a_message_that_kills_workers_is_buried": Promise(
        "A message that kills its whole worker each time is dead-lettered"
    ),
    # failure
    "a_final_failure_is_a_dead_letter_once": Promise(
        "A final failure is in the dead letter queue, once, with its reason"
    ),
    "a_transient_error_is_tried_again": Promise("A transient error is tried again under the same task id"),
    # delay
    "a_delay_is_kept": Promise("A delayed task is not early, and soon after due"),
    "half_a_second_is_a_second": Promise("A delay under a second is rounded up to one"),
    "a_delayed_task_holds_no_slot": Promise("A delayed task holds no worker slot"),
    "a_delay_outlives_workers": Promise(
        "A delayed task survives the kill of the worker it is near",
        {
            _MIRRORED: "held by a worker: delivered to the next",
            _REDIS: "held by a worker: after the visibility timeout",
        },
    ),
    "a_longer_delay_is_kept": Promise("A delay beyond the queue's longest is kept elsewhere, and sent when due"),
    "a_delay_of_years_is_refused": Promise("A delay of more than 400 days is refused when sent, nothing sent"),
    # limits
    "a_larger_message_is_refused": Promise("A message over the broker's size is refused when sent, nothing sent"),
    "only_json_is_sent": Promise("What JSON cannot carry is refused when sent, nothing sent"),
    "only_json_is_run": Promise("A pickled message is not run, and the worker goes on"),
    "a_longer_time_limit_is_refused": Promise("A time limit beyond the queue's is refused when sent"),
    "a_task_without_a_queue_is_refused": Promise("A task that no queue carries is refused when sent"),
    "a_task_over_its_limit_ends": Promise("A task over its time limit is ended, and its slot works on"),
    # shutdown
    "stopping_finishes_what_runs": Promise("A worker told to stop finishes what it runs; nothing runs twice"),
    "stopping_gives_back_the_rest": Promise("What a stopped worker had fetched runs on another"),
    # reconnect
    "a_worker_outlives_its_broker": Promise(
        "A worker consumes again after the broker was away, with a task at work",
        {_SQS: "AWS's own affair: 5xx survived"},
    ),
    "a_publish_fails_within_its_budget": Promise(
        "Without a broker, a publish fails within its budget, in a typed error"
    ),
    "one_dead_node_is_nothing": Promise(
        "One of three nodes dies: consuming goes on within 5 s, nothing lost", _ONE_SERVER
    ),
    "one_frozen_node_is_nothing": Promise(
        "One of three nodes freezes: each publish ends within its budget, consuming goes on, nothing lost",
        _ONE_SERVER | {_MIRRORED: "bounded; consuming goes on when the cluster gives the node up"},
    ),
    "no_publish_is_confirmed_in_vain": Promise(
        "What the broker cannot queue is an error for its sender", {_SQS: "queues take all", _REDIS: "lists take all"}
    ),
    # canvas
    "a_chord_runs_its_body_once": Promise("A chord runs its body once, with all results"),
    "a_failed_chord_complains_once": Promise("A failed chord calls its error callback, and not its body"),
    "a_chord_without_results_is_refused": Promise(
        "A chord whose parts ignore results is refused when sent, nothing sent"
    ),
    # control
    "a_queued_task_can_be_revoked": Promise(
        "A task that waits in a worker can be revoked", {_SQS: "refused: SQS has no remote control"}
    ),
    "workers_answer_ping": Promise("Workers answer remote control", {_SQS: "refused: SQS has no remote control"}),
}
