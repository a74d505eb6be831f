"""A message that ends its process comes alone the next time: those beside it keep their deliveries."""

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.waiting import eventually


def test_a_message_that_kills_takes_none_of_the_others_with_it(bench: Bench, where: str) -> None:
    queue = bench.work.FEW
    with bench.work.app.connection() as connection:
        for each in bench.work.app.conf.task_queues:
            each(connection.default_channel).declare()
    dead = bench.waiting(bench.work.DEAD)
    bench.work.kill_me_always.apply_async((f"{where}-kills",), queue=queue)
    for number in range(20):
        bench.work.record.apply_async((where, number), queue=queue)

    with bench.worker(1):
        eventually(lambda: len(set(bench.list_(where))) == 20, "every other task", 60)
        eventually(lambda: bench.waiting(bench.work.DEAD) == dead + 1, "the dead letter", 30)

    assert len(bench.list_(f"{where}-kills")) == 4, "a first delivery and three more"
