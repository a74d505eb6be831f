"""The result store: its name, and the user that the app logs in as."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# One user of every store, as of every broker.
STORE_USER = "celery"
# All but what could harm the whole server (FLUSHALL, CONFIG, KEYS, ...). INFO is among the dangerous ones, too, but
# redis-py and the exporter ask for it. The form is that of ACL SETUSER (valkey.io, "ACL").
STORE_ACCESS = "on ~* &* +@all -@dangerous +info"


def results(env: Environment, prefix: str) -> Json:
    """The section `results`, with the names every layer uses."""
    return env.results.model_dump(mode="json") | {
        "name": f"{prefix}-results",
        "user": STORE_USER,
        "access": STORE_ACCESS,
    }
