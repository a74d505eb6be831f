"""What the platform guarantees to tasks, in the words of the table, and what happens where a broker cannot.

Each guarantee is a test of the same name on every broker. A row that names a broker says what that broker refuses or
what holds there instead, and the test asserts that.
"""

from dataclasses import dataclass, field

BROKERS = ("rabbitmq_43_quorum", "rabbitmq_4_quorum", "rabbitmq_3_mirrored", "sqs", "redis", "valkey_9")
# The `broker.kind` of each.
KINDS = {
    "rabbitmq_43_quorum": "rabbitmq", "rabbitmq_4_quorum": "rabbitmq", "rabbitmq_3_mirrored": "rabbitmq", "sqs": "sqs",
    "redis": "redis", "valkey_9": "redis",
}  # fmt: skip
TITLES = {
    "rabbitmq_43_quorum": "RabbitMQ 4.3, quorum", "rabbitmq_4_quorum": "RabbitMQ 4.0, quorum",
    "rabbitmq_3_mirrored": "RabbitMQ 3.10, mirrored", "sqs": "SQS", "redis": "Redis 7", "valkey_9": "Valkey 9",
}  # fmt: skip


@dataclass(frozen=True)
class Guarantee:
    """A row of the table. `instead` says for a broker what holds in place of the guarantee."""

    text: str
    instead: dict[str, str] = field(default_factory=dict)


_MIRRORED, _QUORUM, _SQS, _REDIS = "rabbitmq_3_mirrored", "rabbitmq_4_quorum", "sqs", ("redis", "valkey_9")
_AFTER_VISIBILITY = dict.fromkeys((_SQS, *_REDIS), "after the visibility timeout")
_ONE_SERVER = {_SQS: "does not apply: AWS runs SQS"} | dict.fromkeys(_REDIS, "does not apply: one server")

GUARANTEES: dict[str, Guarantee] = {
    # delivery
    "a_task_runs_once": Guarantee("A task that was sent runs once"),
    "tasks_wait_for_workers": Guarantee("Tasks sent while no worker runs are run when one starts"),
    "tasks_of_many_producers_run_once": Guarantee("Tasks of several producers at once all run, each once"),
    "tasks_run_in_the_order_sent": Guarantee(
        "One worker slot runs tasks in the order sent", {_SQS: "not guaranteed: a standard queue has no order"}
    ),
    "a_full_queue_does_not_delay_another": Guarantee("A full queue does not delay the queue of another pool"),
    # priority
    "a_high_priority_begins_first": Guarantee(
        "Of waiting tasks, those of high priority begin before the others",
        {_QUORUM: "two of them for each of the others"},
    ),
    "a_priority_is_refused_on_a_queue_without_priorities": Guarantee(
        "A high priority on a queue without priorities is refused when sent, and nothing is sent"
    ),
    # redelivery
    "the_task_of_a_killed_worker_runs_again": Guarantee("The task of a killed worker runs again", _AFTER_VISIBILITY),
    "the_task_of_a_killed_child_runs_again": Guarantee(
        "The task of a killed child process runs again at once", {_SQS: "after the visibility timeout"}
    ),
    "a_finished_task_does_not_run_again": Guarantee("A finished task does not run again after a restart of its worker"),
    # poison
    "a_message_that_kills_children_is_dead_lettered": Guarantee(
        "A message that kills its process each time is dead-lettered"
    ),
    "a_message_that_kills_workers_is_dead_lettered": Guarantee(
        "A message that kills its whole worker each time is dead-lettered"
    ),
    # failure
    "a_final_failure_is_dead_lettered_once": Guarantee(
        "A final failure is in the dead letter queue once, with its reason"
    ),
    "a_task_is_retried_after_a_transient_error": Guarantee(
        "A task is retried after a transient error, under the same task id"
    ),
    # delay
    "a_delayed_task_runs_when_due": Guarantee("A delayed task never runs early, and runs soon after it is due"),
    "a_delay_of_half_a_second_is_a_second": Guarantee("A delay under a second is rounded up to one"),
    "a_delayed_task_holds_no_slot": Guarantee("A delayed task holds no worker slot"),
    "a_delayed_task_survives_a_killed_worker": Guarantee(
        "A delayed task survives the kill of a worker that may hold it",
        {_MIRRORED: "held by a worker: delivered to the next"}
        | dict.fromkeys(_REDIS, "held by a worker: after the visibility timeout"),
    ),
    "a_longer_delay_is_stored": Guarantee(
        "A message with a delay beyond the queue's longest is stored elsewhere, and sent when due"
    ),
    "a_delay_of_years_is_refused": Guarantee("A delay of more than 400 days is refused when sent, and nothing is sent"),
    # limits
    "a_larger_message_is_refused": Guarantee(
        "A message over the broker's size limit is refused when sent, and nothing is sent"
    ),
    "only_json_is_sent": Guarantee("An argument that JSON cannot represent is refused when sent, and nothing is sent"),
    "only_json_is_run": Guarantee("A pickled message is not run, and the worker continues"),
    "a_longer_time_limit_is_refused": Guarantee("A time limit beyond the queue's is refused when sent"),
    "a_task_without_a_queue_is_refused": Guarantee("A task that is routed to no queue is refused when sent"),
    "a_task_over_its_limit_ends": Guarantee("A task over its time limit is ended, and its slot runs other tasks"),
    # shutdown
    "a_stopped_worker_finishes_running_tasks": Guarantee(
        "A stopped worker finishes the tasks that it runs, and none runs twice"
    ),
    "a_stopped_worker_gives_back_prefetched_messages": Guarantee(
        "Messages that a stopped worker had prefetched run on another worker"
    ),
    # reconnect
    "a_worker_consumes_again_after_an_outage": Guarantee(
        "A worker consumes again after the broker was away while a task ran",
        {_SQS: "AWS runs SQS: answers of 5xx are survived"},
    ),
    "a_publish_fails_within_its_budget": Guarantee(
        "Without a broker, a publish fails within its budget with a typed error"
    ),
    "consuming_survives_a_dead_node": Guarantee(
        "When one of three nodes dies, consuming continues within 5 s, and nothing is lost", _ONE_SERVER
    ),
    "consuming_survives_a_frozen_node": Guarantee(
        "When one of three nodes freezes, a publish ends within its budget, consuming continues, and nothing is lost",
        _ONE_SERVER | {_MIRRORED: "bounded; consuming continues when the cluster gives the node up"},
    ),
    "a_message_that_cannot_be_queued_is_an_error": Guarantee(
        "A message that the broker cannot queue is an error for its sender",
        {_SQS: "its queues take every message"} | dict.fromkeys(_REDIS, "its lists take every message"),
    ),
    # canvas
    "a_chord_runs_its_body_once": Guarantee("A chord runs its body once, with all results"),
    "a_failed_chord_calls_its_error_callback_once": Guarantee(
        "A failed chord calls its error callback, and not its body"
    ),
    "a_chord_without_results_is_refused": Guarantee(
        "A chord whose parts ignore results is refused when sent, and nothing is sent"
    ),
    # control
    "a_queued_task_can_be_revoked": Guarantee(
        "A task that waits in a worker can be revoked", {_SQS: "refused: SQS has no remote control"}
    ),
    "workers_answer_remote_control": Guarantee(
        "Workers answer remote control", {_SQS: "refused: SQS has no remote control"}
    ),
}
