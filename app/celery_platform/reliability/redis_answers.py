"""What a Redis or Valkey may answer to a worker, by its short name, and whether another connection may help.

Celery ends the worker after any answer that redis-py calls a `ResponseError`: it is no connection error to kombu
(celery#7946, #5716). After some of them this server is not, or no longer, the one to ask: a failover has made it a
replica, or the password was changed. Connecting again finds the right one as soon as its name leads there. The others
will pass, or wait for somebody, and the connection is as good as ever.
"""

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

# https://redis.io/docs/latest/develop/reference/error-handling and the sources of Valkey 9 ("shared.c", "cluster.c")
ELSEWHERE = frozenset({"READONLY", "UNBLOCKED", "MOVED", "ASK", "MASTERDOWN", "NOAUTH", "WRONGPASS", "LOADING"})
HERE = frozenset(
    {"OOM", "BUSY", "CLUSTERDOWN", "TRYAGAIN", "MISCONF", "NOREPLICAS", "NOPERM", "EXECABORT", "NOSCRIPT", "CROSSSLOT"}
)
# Of those, the faults of whoever asks: they will not pass.
OF_THE_CALLER = frozenset({"NOSCRIPT", "CROSSSLOT"})


def name_of(error: BaseException) -> str:
    """Return the code that an answer begins with, or the name of the class of any other error.

    Example: `name_of(ReadOnlyError("You can't write...", status_code="READONLY")) == "READONLY"`
    """
    if not isinstance(error, RedisError):
        return type(error).__name__
    code = getattr(error, "status_code", None) or str(error).partition(" ")[0]
    return str(code) if code in ELSEWHERE | HERE else type(error).__name__


def helps_to_connect(error: BaseException) -> bool:
    """Return whether a new connection may be answered otherwise: this one is broken, or its server the wrong one."""
    return not isinstance(error, ResponseError) or name_of(error) in ELSEWHERE


def will_pass(error: BaseException) -> bool:
    """Return whether the same command may succeed later: the server is away, starts, fails over or is full.

    Example: `will_pass(OutOfMemoryError("...", status_code="OOM"))`
    """
    if isinstance(error, RedisConnectionError | RedisTimeoutError):
        return True
    return isinstance(error, ResponseError) and name_of(error) in (ELSEWHERE | HERE) - OF_THE_CALLER
