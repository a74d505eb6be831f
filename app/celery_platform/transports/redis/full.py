"""kombu cannot empty a Redis that is full: under `maxmemory` without eviction that refuses more than what fills it.

It refuses every command of a transaction, since collecting these takes memory; and kombu acknowledges, puts back and
counts in transactions. So nothing ever left such a server. A worker could not even connect: it binds its queues anew.
Here scripts let go of a message and move it back to its queue, which the server lets run; counting needs no
transaction; and a binding that is there already need not be made. Only publishing is refused.
"""

from collections.abc import Sequence
from typing import Any

from kombu.transport import redis, virtual
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads
from redis.exceptions import ExecAbortError, OutOfMemoryError

# KEYS: unacknowledged messages, their index by time, then the lists to put it on. ARGV: tag, message, LPUSH or RPUSH.
PUT_BACK = """#!lua flags=allow-oom
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
for list = 3, #KEYS do redis.call(ARGV[3], KEYS[list], ARGV[2]) end
return 1
"""
# Lua unpacks no more than 8,000 at once, and others wait for the server meanwhile.
TAGS = 1_000
# KEYS: unacknowledged messages, their index by time. ARGV: tags.
LET_GO = """#!lua flags=allow-oom
redis.call('ZREM', KEYS[2], unpack(ARGV))
return redis.call('HDEL', KEYS[1], unpack(ARGV))
"""


class LeavesFull(redis.QoS):
    """kombu's record of what is held, whose messages leave a full server too."""

    def let_go(self, *tags: str) -> None:
        """Forget messages that are done.

        Raises:
            RedisError: the server does not answer, or refuses.
        """
        channel: Any = self.channel
        with channel.conn_or_acquire() as client:
            for begin in range(0, len(tags), TAGS):
                client.execute_command(*self.letting_go(tags[begin : begin + TAGS]))

    def letting_go(self, tags: Sequence[str]) -> list[Any]:
        """The command that forgets these messages, `TAGS` at most."""
        prefix = self.channel.global_keyprefix  # type: ignore[attr-defined] # which its type stub leaves out
        return ["EVAL", LET_GO, 2, f"{prefix}{self.unacked_key}", f"{prefix}{self.unacked_index_key}", *tags]

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge."""
        self.let_go(delivery_tag)
        virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject; requeued, it is the first that is delivered again after those that wait."""
        if requeue:
            self.restore_by_tag(delivery_tag, leftmost=True)
        else:
            self.let_go(delivery_tag)
        virtual.QoS.ack(self, delivery_tag)

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:
        """Return a message to its queues, unless it was acknowledged or put back meanwhile.

        Raises:
            RedisError: the server does not answer, or refuses.
        """
        channel: Any = self.channel
        with channel.conn_or_acquire(client) as connected:
            kept = connected.hget(self.unacked_key, tag)
            message, exchange, routing_key = loads(bytes_to_str(kept)) if kept else (None, "", "")
            lists = []
            if message is not None:
                _mark_redelivered(message)
                priority = channel._get_message_priority(message, reverse=False)
                lists = [channel._q_for_pri(queue, priority) for queue in channel._lookup(exchange, routing_key)]
            keys = [f"{channel.global_keyprefix}{key}" for key in (self.unacked_key, self.unacked_index_key, *lists)]
            push = "LPUSH" if leftmost else "RPUSH"
            connected.execute_command("EVAL", PUT_BACK, len(keys), *keys, tag, dumps(message), push)


def _mark_redelivered(message: Any) -> None:
    for marked in (message.get("headers", {}), message.get("properties", {}).get("delivery_info")):
        if isinstance(marked, dict):
            marked["redelivered"] = True


class ConnectsToFull(redis.Channel):
    """kombu's channel, which a worker may open on a full server."""

    # kombu's own, which its type stubs leave out.
    keyprefix_queue: str
    sep: str
    _q_for_pri: Any

    def _size(self, queue: str) -> int:
        with self.conn_or_acquire() as client:
            sizes: list[int] = [client.llen(self._q_for_pri(queue, step)) for step in self.priority_steps]
        return sum(sizes)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        try:
            super()._queue_bind(exchange, routing_key, pattern, queue)  # type: ignore[misc]
        except (OutOfMemoryError, ExecAbortError):
            member = self.sep.join([routing_key or "", pattern or "", queue or ""])
            with self.conn_or_acquire() as client:
                bound = client.smembers(self.keyprefix_queue % (exchange,))
            if member.encode() not in bound:
                raise
