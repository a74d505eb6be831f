"""kombu takes a message from a Redis list with BRPOP and records it as unacknowledged in a second command.

A message that a worker had popped but not yet recorded when it was killed, or when its connection broke, is lost
(kombu 5.7). Here one script does both on the server, for as many messages as the prefetch count allows. All messages of
a killed worker are then found after the visibility timeout, and a batch costs one round trip where each message cost
two.

A script cannot block. So a worker that found nothing waits for a token in a list beside the queue's (`<queue>.wake`),
which producers put there. A token may get lost: a worker without one, or with producers that do not attach, polls again
after kombu's `brpop_timeout` of one second.
Unnecessary as soon as kombu records what it takes in the same step; the tests in
`tests/celery_platform/transports/redis` show it.
"""

from collections import deque
from queue import Empty
from time import monotonic, time
from typing import Any, ClassVar

from kombu.transport import virtual
from kombu.utils.json import dumps

from celery_platform.guards.answers import Answers
from celery_platform.guards.polled import Polled
from celery_platform.reliability.redis_answers import helps_to_connect, name_of
from celery_platform.transports.redis.foreign import Message, message_of
from celery_platform.transports.redis.full import ConnectsToFull
from celery_platform.transports.redis.neighbours import RestoresNeighbours

# More in one step would keep others waiting for the server, and messages from other workers.
BATCH = 100
# KEYS: unacknowledged messages, their index by time, then each list and its tokens, in the order in which to poll.
# ARGV: how many messages at most, then for each list whether what is taken from it will be acknowledged.
# Returns the list's number, the message, and whether it is noted, in turn. Lua's JSON refuses a few messages that
# Python reads, such as one with half of a surrogate pair, and cannot find their tags: the reader notes those.
# Each list is read, noted, and only then shortened, so that no error in between loses a message. A server that is full
# (`maxmemory` without eviction) lets the script run: taking is what frees its memory.
TAKE = """#!lua flags=allow-oom
local now, taken, left = redis.call('TIME'), {}, tonumber(ARGV[1])
local score = now[1] .. '.' .. string.format('%06d', now[2])
local function described(message)
  local properties = cjson.decode(message).properties
  local to = properties.delivery_info
  assert(type(to.exchange) == 'string' and type(to.routing_key) == 'string')
  return properties.delivery_tag, cjson.encode(to.exchange) .. ',' .. cjson.encode(to.routing_key)
end
local function note(message)
  local read, tag, where = pcall(described, message)
  if not read or type(tag) ~= 'string' then return 0 end
  redis.call('HSET', KEYS[1], tag, '[' .. message .. ',' .. where .. ']')
  redis.call('ZADD', KEYS[2], score, tag)
  return 1
end
for list = 1, #ARGV - 1 do
  local queue, tokens = KEYS[2 * list + 1], KEYS[2 * list + 2]
  local messages = left > 0 and redis.call('LRANGE', queue, -left, -1) or {}
  for index = #messages, 1, -1 do
    taken[#taken + 1] = list - 1
    taken[#taken + 1] = messages[index]
    taken[#taken + 1] = ARGV[list + 1] == '1' and note(messages[index]) or 0
    left = left - 1
  end
  if #messages > 0 then redis.call('LTRIM', queue, 0, -#messages - 1) end
  if #messages > 0 and redis.call('EXISTS', queue) == 1 and redis.call('EXISTS', tokens) == 0 then
    redis.call('LPUSH', tokens, 1)
  end
end
return taken
"""
TOKENS = ".wake"
# What is polled, in words: all queues of a channel with one command.
POLL = "all queues"
# KEYS: a list and its tokens. ARGV: the messages.
PUT = """
for _, message in ipairs(ARGV) do redis.call('LPUSH', KEYS[1], message) end
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('LPUSH', KEYS[2], 1) end
"""


class QoS(RestoresNeighbours):
    """kombu's, which need not note what the script has noted."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Keep a message that was delivered, until it is acknowledged."""
        noted: set[str] = self.channel.noted  # type: ignore[attr-defined]
        if delivery_tag not in noted:
            super().append(message, delivery_tag)
            return
        noted.remove(delivery_tag)
        virtual.QoS.append(self, message, delivery_tag)


def tag_of(message: Any) -> str:
    """The delivery tag that its producer gave it."""
    return str(message["properties"]["delivery_tag"])


class Taking(Polled, ConnectsToFull):
    """A channel whose messages are taken and noted in one step."""

    QoS = QoS
    Message = Message
    # Kombu's own, which its type stubs leave out.
    active_queues: set[str]
    _expires: Any
    _flush_brpop_reauth: Any
    _q_for_pri: Any
    _queue_cycle: Any
    connection_errors: Any
    # Whether the server that this process was connected to refused it, and no other has been found since.
    in_doubt: ClassVar[bool] = False
    polls: ClassVar[Answers] = Answers("taking messages")
    # Tags of messages noted for this process, which no channel of it holds any more.
    orphans: ClassVar[deque[str]] = deque()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.taken: deque[tuple[str, Any]] = deque()
        self.noted: set[str] = set()
        self._unacknowledged_queues: set[str] = set()
        self._asked: list[str] = []
        self._waits = False
        super().__init__(*args, **kwargs)

    def basic_consume(self, queue: str, no_ack: bool = False, *args: Any, **kwargs: Any) -> Any:
        """Consume; what nobody will acknowledge is not noted."""
        (self._unacknowledged_queues.add if no_ack else self._unacknowledged_queues.discard)(queue)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        key = self._q_for_pri(queue, self._get_message_priority(message, reverse=False))
        batch = kwargs.get("_publish_batch")
        if batch is not None:
            self._put_later(batch, queue, key, message)
            return
        if self._expires:
            super()._put(queue, message, **kwargs)
        new = [] if self._expires else [dumps(message)]
        with self.conn_or_acquire() as client:
            client.execute_command("EVAL", PUT, 2, self._named(key), self._named(queue + TOKENS), *new)
            if queue in (self._expires or ()):
                client.pexpire(queue + TOKENS, self._expires[queue])

    def _put_later(self, batch: Any, queue: str, key: str, message: Any) -> None:
        """Add to kombu's batch, which is sent as a whole: a token sent before would wake a worker too early."""
        batch.add("eval", PUT, 2, self._named(key), self._named(queue + TOKENS), dumps(message))
        if queue in (self._expires or ()):
            for each in (*(self._q_for_pri(queue, step) for step in self.priority_steps), queue + TOKENS):
                batch.add("pexpire", each, self._expires[queue])

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        super()._delete(queue, *args, **kwargs)
        with self.conn_or_acquire() as client:
            client.delete(queue + TOKENS)

    def _brpop_start(self, timeout: float | None = None) -> None:
        cycle = self._queue_cycle.consume(len(self.active_queues))
        queues = [queue for queue in cycle if queue not in self.paused_queues]
        self.asks(POLL)
        if not queues or self.taken or self.paused or self.polls.wait_seconds(POLL):
            return
        connection = self._in_poll = self.client.connection
        self._brpop_sent_at = monotonic()
        if self._waits:
            tokens = [self._named(queue + TOKENS) for queue in queues]
            connection.send_command("BRPOP", *tokens, timeout or self.brpop_timeout)
            return
        lists = [(queue, self._q_for_pri(queue, step)) for step in self.priority_steps for queue in queues]
        self._asked = [queue for queue, _ in lists]
        keys = [self.unacked_key, self.unacked_index_key]
        keys += [key for queue, each in lists for key in (each, queue + TOKENS)]
        noted = [int(queue not in self._unacknowledged_queues) for queue in self._asked]
        connection.send_command("EVAL", TAKE, len(keys), *map(self._named, keys), self._most(), *noted)

    def _most(self) -> int:
        """How many messages to take: one with `worker_disable_prefetch`, with which Celery replaces `can_consume`."""
        room = 1 if "can_consume" in vars(self.qos) else self.qos.can_consume_max_estimate()
        return BATCH if room is None else min(BATCH, max(1, room))

    def _brpop_read(self, **options: Any) -> bool:
        try:
            answer = self.client.parse_response(self.client.connection, "EVAL", **options)
        except self.connection_errors as error:
            self._waits = False
            self.polls.refused(POLL, name_of(error), error)
            if not helps_to_connect(error):
                raise Empty from None
            Taking.in_doubt = True
            self.client.connection.disconnect()
            raise
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        self.asks(POLL)
        self.polls.accepted(POLL)
        if self._waits or not answer:
            self._waits = not self._waits
            raise Empty
        for number, text, noted in zip(answer[::3], answer[1::3], answer[2::3], strict=True):
            queue = self._asked[number]
            message = message_of(text, queue)
            if queue not in self._unacknowledged_queues:
                self._note(message, noted=bool(noted))
            self.taken.append((queue, message))
        self.hand_over()
        return True

    def _note(self, message: Any, *, noted: bool) -> None:
        tag, to = tag_of(message), message["properties"]["delivery_info"]
        if not noted:
            with self.conn_or_acquire() as client, client.pipeline() as pipe:
                pipe.zadd(self.unacked_index_key, {tag: time()})
                pipe.hset(self.unacked_key, tag, dumps([message, to["exchange"], to["routing_key"]])).execute()
        self.noted.add(tag)

    def expected_polls(self) -> list[str]:
        """The one poll of all queues, while there is room for a message and no earlier one waits to be handed over."""
        return [POLL] if self.active_queues and self.qos.can_consume() and not self.taken else []

    def has_more(self) -> bool:
        """Whether a poll has not been answered yet, or messages that it brought wait to be handed over."""
        return bool(self.taken or self._in_poll)

    def hand_over(self) -> None:
        """Give what was taken to its consumers."""
        while self.taken:
            self.hand_over_one()

    def hand_over_one(self) -> None:
        """Give the oldest message taken to its consumer. An error sends those behind it back, later."""
        queue, message = self.taken.popleft()
        self._queue_cycle.rotate(queue)
        try:
            self.connection._deliver(message, queue)
        except BaseException:
            self.give_up()
            raise

    def give_up(self) -> None:
        """Leave what was taken and not handed over to this process's next connection, which puts it back."""
        self.orphans.extend(tag for tag in map(tag_of, (each for _, each in self.taken)) if tag in self.noted)
        self.taken.clear()
        self.noted.clear()

    def _named(self, key: str) -> str:
        return f"{self.global_keyprefix}{key}"
