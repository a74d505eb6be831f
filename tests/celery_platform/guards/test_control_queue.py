"""A worker's control queue has another name on each connection; with kombu's own name the second is refused."""

from tests.harness.environment import TestEnvironment


def test_two_connections_have_control_queues_of_different_names(rabbitmq: TestEnvironment) -> None:
    said = rabbitmq.python(
        "from exercises.celery import celery\nfrom kombu import pidbox\n"
        "a, b = celery.connection_for_read(), celery.connection_for_read()\n"
        "for mailbox in (celery.control.mailbox, pidbox.Mailbox('celery', 'fanout', queue_exclusive=True)):\n"
        "    try:\n"
        "        for each in (a, b): mailbox.get_queue('same@host')(each.default_channel).declare()\n"
        "        print('both')\n"
        "    except Exception as error: print(type(error).__name__)\n"
    ).splitlines()

    assert said[-2:] == ["both", "ResourceLocked"]
