"""Flushed acknowledgements settle what is done, and nothing that is not."""

from struct import Struct

from celery_platform.transports.amqp.acknowledgements import BASIC_ACK, AckWindow
from hypothesis import given
from hypothesis import strategies as st

ACTIONS = st.lists(st.sampled_from(["deliver", "done", "reject", "write"]), max_size=200)


class Broker:
    """What the protocol makes of acknowledgement frames: `multiple` settles every delivery up to its tag."""

    def __init__(self) -> None:
        self.unsettled: set[int] = set()
        self.settled_by_ack: set[int] = set()

    def read(self, frames: bytes) -> int:
        parts = Struct(BASIC_ACK.format).iter_unpack(frames)
        count = 0
        for _, _, _, _, _, tag, multiple, _ in parts:
            settled = {each for each in self.unsettled if each <= tag} if multiple else {tag}
            assert settled <= self.unsettled, "RabbitMQ closes the channel of a tag that it does not know"
            self.settled_by_ack |= settled
            self.unsettled -= settled
            count += 1
        return count


@given(actions=ACTIONS, data=st.data())
def test_all_that_is_done_is_acknowledged_and_nothing_else(actions: list[str], data: st.DataObject) -> None:
    window, broker, running, done, tag = AckWindow(), Broker(), [], set(), 0
    for action in [*actions, "write"]:
        if action == "deliver":
            tag += 1
            window.delivered(tag)
            broker.unsettled.add(tag)
            running.append(tag)
        elif action == "done" and running:
            finished = running.pop(data.draw(st.integers(0, len(running) - 1)))
            window.done(finished)
            done.add(finished)
        elif action == "reject" and running:
            rejected = running.pop(0)
            window.settled(rejected)
            broker.unsettled.discard(rejected)
        elif action == "write":
            broker.read(window.frames(1))

    assert broker.settled_by_ack == done
    assert broker.unsettled == set(running)


def test_a_run_of_deliveries_takes_one_frame() -> None:
    window, broker = AckWindow(), Broker()
    for tag in range(1, 65):
        window.delivered(tag)
        broker.unsettled.add(tag)
    for tag in range(1, 65):
        window.done(tag)

    assert broker.read(window.frames(1)) == 1
    assert broker.unsettled == set()


def test_a_delivery_that_still_runs_holds_back_no_other() -> None:
    window, broker = AckWindow(), Broker()
    for tag in (1, 2, 3):
        window.delivered(tag)
        broker.unsettled.add(tag)
    window.done(1)
    window.done(3)

    broker.read(window.frames(1))

    assert broker.unsettled == {2}


def test_what_an_acknowledgement_of_several_settled_is_not_acknowledged_again() -> None:
    window = AckWindow()
    for tag in (1, 2, 3):
        window.delivered(tag)
    window.done(1)

    window.settled_up_to(2)

    assert window.frames(1) == b""
    assert len(window) == 0


def test_after_giving_up_nothing_that_was_done_or_is_done_later_is_acknowledged() -> None:
    window = AckWindow()
    for tag in (1, 2, 3):
        window.delivered(tag)
    window.done(1)

    window.give_up()
    window.done(2)
    window.done(3)

    assert window.frames(1) == b""
