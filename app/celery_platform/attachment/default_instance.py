"""The instance that Celery's proxies (`shared_task`, `current_app`) use in threads that created none.

Celery has a current instance per thread (`celery._state._tls`): the one that the thread created last. In other threads,
such as those of FastAPI's `def` endpoints, the process's default instance is used. If there is none, Celery creates a
bare instance that publishes to a RabbitMQ on this machine. A worker sets its instance as the default
(`setup_worker_optimizations` in `celery.app.trace`), but a process that only publishes does not.
"""

from typing import Any

from celery import Celery, _state

# The attribute of an instance that is the default because it was attached, not because somebody chose it.
BY_ATTACH = "_platform_made_it_default"
# Celery's name for the instance that it creates if there is none.
_CELERYS_OWN = "default"


def make_default_where_current(app: Celery) -> None:
    """Make `app` the process's default instance if it is the current instance of the attaching thread.

    All threads then use the same instance as this one: if there are several, the one created last. An instance created
    with `set_as_current=False` does not become the default, and a default chosen with `set_default()` is kept.

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
