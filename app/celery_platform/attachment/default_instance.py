"""Which instance Celery's proxies (`shared_task`, `current_app`) find in threads that made none themselves.

Celery keeps the current instance for each thread (`celery._state._tls`): the one that the thread made last. In every
other thread, such as those of FastAPI's `def` endpoints, it is the process's default, and without one a bare instance
that publishes to a RabbitMQ on this machine. A worker makes its instance the default (`setup_worker_optimizations` in
`celery.app.trace`); a process that only publishes has nobody who does.
"""

from typing import Any

from celery import Celery, _state

# Where an instance keeps that it is the default because it was attached, and not because somebody said so.
BY_ATTACH = "_platform_made_it_default"
# How Celery calls the instance that it makes where there is none.
_CELERYS_OWN = "default"


def make_default_where_current(app: Celery) -> None:
    """Make `app` the process's default, if it is the current instance of the thread that attaches it.

    All threads then find what this one finds: of several instances the one that was made last. An instance that is
    made with `set_as_current=False` is left alone, and so is a default that somebody chose with `set_default()`.

    Example: `make_default_where_current(celery)`, after which `shared_task` publishes from any thread
    """
    state: Any = _state  # its stubs lack both
    if state._tls.current_app is not app or _was_chosen(state.default_app):
        return
    _state.set_default_app(app)
    vars(app)[BY_ATTACH] = True


def _was_chosen(default: Any) -> bool:
    if default is None or default.main == _CELERYS_OWN:
        return False
    return BY_ATTACH not in vars(default)
