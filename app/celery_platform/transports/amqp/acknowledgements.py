"""Pending acknowledgements in as few frames as they allow: one write for many, one frame for a run of them."""

from struct import Struct

BASIC_ACK = Struct(">BHIHHQBB")  # frame type, channel, payload size, class, method, delivery tag, multiple, frame end
PAYLOAD = 13
FRAME_END = 0xCE


class AckWindow:
    """Which deliveries of a channel are outstanding, and which of them are done, their acknowledgement pending.

    `basic.ack` with `multiple` settles every delivery up to its tag, so it may only name a tag below which nothing is
    outstanding. Bounded by the prefetch count: a tag leaves as soon as it is settled.
    """

    def __init__(self) -> None:
        # A dict, because it remembers the order of arrival: its first key is the oldest delivery outstanding.
        self._outstanding: dict[int, None] = {}
        self._done: list[int] = []
        self._given_up = False

    def __len__(self) -> int:
        """How many acknowledgements are pending."""
        return len(self._done)

    def outstanding(self) -> set[int]:
        """Return the deliveries that are neither done nor rejected."""
        return set(self._outstanding)

    def delivered(self, tag: int) -> None:
        """Note a delivery that the consumer will acknowledge or reject."""
        self._outstanding[tag] = None

    def settled(self, tag: int) -> None:
        """Note that a delivery was rejected, or acknowledged by a frame of its own."""
        self._outstanding.pop(tag, None)

    def settled_up_to(self, tag: int) -> None:
        """Note that every delivery up to this tag was acknowledged by a frame of its own."""
        self._outstanding = {each: None for each in self._outstanding if each > tag}
        self._done = [each for each in self._done if each > tag]

    def give_up(self) -> None:
        """Acknowledge nothing more on this channel: what is done has to be delivered again.

        A later acknowledgement with `multiple` would settle it too.
        """
        self._given_up, self._done = True, []

    def done(self, tag: int) -> None:
        """Have a delivery acknowledged with the next write."""
        if self._given_up:
            return
        self._outstanding.pop(tag, None)
        self._done.append(tag)

    def frames(self, channel: int) -> bytes:
        """The frames that acknowledge, on this channel number, all deliveries that are done; none is pending then.

        Example: deliveries 1, 2, 3 and 5 done, 4 still running: one frame for all up to 3, one for 5.
        """
        done = sorted(self._done)
        self._done = []
        if not done:
            return b""
        oldest = next(iter(self._outstanding), None)
        below = [tag for tag in done if oldest is None or tag < oldest]
        frames = [_frame(channel, below[-1], multiple=len(below) > 1)] if below else []
        frames += [_frame(channel, tag, multiple=False) for tag in done[len(below) :]]
        return b"".join(frames)


def _frame(channel: int, tag: int, *, multiple: bool) -> bytes:
    return BASIC_ACK.pack(1, channel, PAYLOAD, 60, 80, tag, multiple, FRAME_END)
