"""A command on its way to Redis whose answer is read later, so that its sender does not wait for a round trip."""

from collections.abc import Sequence
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError


class Unanswered:
    """The acknowledgement of `tags`, sent with a connection that is kept out of its pool until the answer is read.

    The kernel delivers what was sent even when this process is killed meanwhile.

    Raises:
        RedisError, OSError: it was not sent.

    Example: `Unanswered(pool, command, tags)`, and `answer()` before the next is sent
    """

    def __init__(self, pool: Any, command: Sequence[Any], tags: Sequence[str]) -> None:
        self.tags = tags
        self._pool = pool
        self._connection = pool.get_connection()
        try:
            self._connection.send_command(*command)
        except BaseException:
            self._give_up()
            raise

    def arrived(self) -> bool:
        """Whether `answer` would not wait."""
        try:
            return not self._connection.is_connected or bool(self._connection.can_read(timeout=0))
        except (RedisError, OSError):
            return True

    def answer(self) -> None:
        """Wait for the answer.

        Raises:
            RedisError, OSError: Redis refused, or did not answer.
        """
        if not self._connection.is_connected:  # it was closed with its channel
            self._give_up()
            raise RedisConnectionError("the connection was closed before the answer")
        try:
            self._connection.read_response()
        except BaseException:
            self._give_up()
            raise
        self._pool.release(self._connection)

    def _give_up(self) -> None:
        self._connection.disconnect()
        self._pool.release(self._connection)
