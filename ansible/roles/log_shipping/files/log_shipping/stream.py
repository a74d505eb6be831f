"""A log stream of CloudWatch, and what fits into one call to it."""

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from entries import Event

# Limits of a call (CloudWatch Logs API Reference, PutLogEvents); the last is how far its events may be apart.
MOST_BYTES, MOST_EVENTS = 1_048_576, 10_000
MOST_APART_MILLISECONDS = 24 * 60 * 60 * 1000
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
# What a call is answered whose events themselves are refused.
REFUSED = frozenset({"InvalidParameterException", "SerializationException", "ValidationException"})

# Of botocore's parser, for JSON that is no answer of AWS (a proxy's list).
FOREIGN = (AttributeError, TypeError)


@dataclass
class Batch:
    """Events for one call. `gathers` is for how many seconds an event waits for others."""

    gathers: float
    events: list[Event] = field(default_factory=list)
    size: int = 0
    since: float = 0.0
    first: int = 0
    last: int = 0

    def takes(self, event: Event) -> bool:
        """Whether the event may go with the others."""
        if not self.events:
            return True
        near = max(self.last, event.at) - min(self.first, event.at) < MOST_APART_MILLISECONDS
        return len(self.events) < MOST_EVENTS and self.size + event.size <= MOST_BYTES and near

    def add(self, event: Event) -> None:
        """Append an event that the batch takes."""
        if not self.events:
            self.since, self.first, self.last = time.monotonic(), event.at, event.at
        self.events.append(event)
        self.size += event.size
        self.first, self.last = min(self.first, event.at), max(self.last, event.at)

    def waits_seconds(self) -> float:
        """For how long events may still be added."""
        return max(0.0, self.since + self.gathers - time.monotonic()) if self.events else self.gathers


class Stream:
    """A stream of a group. It is created when it is first written to; the group is Terraform's."""

    def __init__(self, client: Any, group: str, name: str, stop: threading.Event) -> None:
        self._client, self._group, self._name, self._stop = client, group, name, stop

    def send(self, events: Sequence[Event]) -> bool:
        """Send events until CloudWatch has accepted them; false if the program is to stop before that.

        An event that it refuses for itself is left out, so that it does not hold up all others for good.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                self._put(events)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ResourceNotFoundException" and self._created():
                    continue
                if code in REFUSED and len(events) == 1:
                    _say(f"an entry of {events[0].size} bytes is left out: {error}")
                    return True
                if code in REFUSED:
                    half = len(events) // 2
                    return self.send(events[:half]) and self.send(events[half:])
                _say(f"CloudWatch Logs refused {len(events)} entries, which are sent again in {pause:.0f} s: {error}")
            except (BotoCoreError, *FOREIGN) as error:
                _say(f"CloudWatch Logs did not answer, and is asked again in {pause:.0f} s: {error}")
            else:
                return True
            if self._stop.wait(pause):
                return False
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _put(self, events: Sequence[Event]) -> None:
        answer = self._client.put_log_events(
            logGroupName=self._group,
            logStreamName=self._name,
            logEvents=[
                {"timestamp": event.at, "message": event.text} for event in sorted(events, key=lambda event: event.at)
            ],
        )
        if refused := answer.get("rejectedLogEventsInfo"):
            _say(f"CloudWatch Logs left out entries that are older than it keeps any, or of the future: {refused}")

    def _created(self) -> bool:
        try:
            self._client.create_log_stream(logGroupName=self._group, logStreamName=self._name)
        except self._client.exceptions.ResourceAlreadyExistsException:
            return True
        except (ClientError, BotoCoreError) as error:
            _say(f"the stream {self._name} of {self._group} cannot be created: {error}")
            return False
        return True


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
