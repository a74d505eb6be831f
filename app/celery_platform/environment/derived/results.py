"""The result store: its name, and the user as which the app logs in."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# The same user name on every store and every broker.
STORE_USER = "celery"
# Every command except those that could harm the whole server (FLUSHALL, CONFIG, KEYS, ...). INFO counts as dangerous
# too, but redis-py and the exporter need it. The format is that of ACL SETUSER (valkey.io, "ACL").
STORE_ACCESS = "on ~* &* +@all -@dangerous +info"


def results(env: Environment, prefix: str) -> Json:
    """The section `results`, with the names that every layer uses."""
    return env.results.model_dump(mode="json") | {
        "name": f"{prefix}-results",
        "user": STORE_USER,
        "access": STORE_ACCESS,
    }
