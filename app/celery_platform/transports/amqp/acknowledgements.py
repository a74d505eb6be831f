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

    def delivered(self, tag: int) -> None:
        """The broker sent a message that will need settling."""
        self._outstanding[tag] = None

    def settled(self, tag: int) -> None:
        """A message was settled in another way: rejected, or acknowledged by itself."""
        self._outstanding.pop(tag, None)

    def settled_up_to(self, tag: int) -> None:
        """Every message up to this tag was settled in another way."""
        self._outstanding = {each: None for each in self._outstanding if each > tag}
        self._done = [each for each in self._done if each > tag]

    def give_up(self) -> None:
        """Acknowledge nothing more on this channel: what is done must come again; `multiple` would settle it too."""
        self._given_up, self._done = True, []

    def done(self, tag: int) -> None:
        """A message is to be acknowledged with the next write."""
        if self._given_up:
            return
        self._outstanding.pop(tag, None)
        self._done.append(tag)

    def frames(self, channel: int) -> bytes:
        """The frames that acknowledge all that is done; none is pending then.

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
