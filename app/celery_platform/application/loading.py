"""Import the environment's application, with its variables set, and attach the platform to it."""

import importlib
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from celery import Celery

from celery_platform.application.variables import set_variables
from celery_platform.attachment import attach
from celery_platform.attachment.tasks import give_guarantees
from celery_platform.environment.checkout import checkout
from celery_platform.errors import AppError, ApplicationError
from celery_platform.settings import runtime

# Files in a traceback that are not the application's: this one, Celery's, and Python's import system.
_NOT_THEIRS = (__file__, f"{os.sep}celery{os.sep}", f"{os.sep}importlib{os.sep}")


@lru_cache(maxsize=1)
def application(pool: str | None = None) -> Celery:
    """The application's attached Celery instance. It is imported once, after its variables and secrets are set.

    `pool` is the pool whose variables and secrets this process gets in addition to the application's.

    Raises:
        ApplicationError: the module cannot be imported, or the attribute is not a Celery instance.
        SettingsError: no environment is chosen, or a secret cannot be read.

    Example: `application().send_task("orders.tasks.ship", ("order-1",))`
    """
    set_variables(runtime(), pool)
    add_checkout(runtime().environment.application)
    return attach(imported(runtime().environment.application["celery"]))


@lru_cache(maxsize=1)
def platform_alone() -> Celery:
    """An attached Celery instance without the application, for commands that read queues and run no task.

    Listing and replaying dead-lettered messages needs neither the application's code nor its secrets.
    """
    return attach(Celery("celery_platform", set_as_current=False))


def imported(reference: str) -> Celery:
    """The Celery instance `module:attribute`.

    Raises:
        ApplicationError: as `application`.
    """
    module_name, _, attribute = reference.partition(":")
    with _imports(f"to import {module_name} (application.celery: {reference})"):
        module: Any = importlib.import_module(module_name)
    found = getattr(module, attribute, None)
    if not isinstance(found, Celery):
        named = [name for name, value in vars(module).items() if isinstance(value, Celery)]
        raise ApplicationError(
            expected=f"a Celery instance {attribute} in {module_name} (application.celery: {reference})",
            found="nothing of that name" if found is None else f"a {type(found).__name__}",
            remedy=f"Name one of: {', '.join(named)}." if named else "Name the module that creates it.",
        )
    return found


def import_tasks(celery: Celery) -> None:
    """Import an application's task modules and finalize it, so that all its tasks are registered.

    Celery would do this later, and print a traceback on an error.

    Raises:
        ApplicationError: a module cannot be imported.

    Example: `import_tasks(application())`
    """
    with _imports("to import the application's modules of tasks"):
        celery.loader.import_default_modules()
        celery.finalize()
    for task in celery.tasks.values():  # including tasks that were added to the registry directly
        give_guarantees(task)


@contextmanager
def _imports(what: str) -> Iterator[None]:
    """Turn whatever an application's module raises, even SystemExit, into an ApplicationError; our own errors pass."""
    try:
        yield
    except (AppError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        raise ApplicationError(
            expected=what,
            found=f"{type(error).__name__}: {error}{_where(error)}",
            remedy="Correct application.celery, or add what the module needs to application.variables or "
            "application.secrets of the environment file, which are set before it is imported.",
        ) from error


def _where(error: BaseException) -> str:
    """The last line of the application's own code in the traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    outside = [frame for frame in frames if not any(part in frame.filename for part in _NOT_THEIRS)]
    return f" ({outside[-1].filename}, line {outside[-1].lineno})" if outside else ""


def add_checkout(application: Mapping[str, Any]) -> Path | None:
    """Make the application's folder in a checkout importable and return it; `None` if the application is installed."""
    folder = checkout() / application["package"]
    if not folder.is_dir():
        return None
    root = import_root(folder, application["celery"].partition(":")[0])
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return root


def import_root(folder: Path, module: str) -> Path:
    """The folder of a project's packages: its own folder, or its `src` if that contains the package of `module`.

    Example: `import_root(Path("app/orders"), "orders.celery") == Path("app/orders")`
    """
    top = module.partition(".")[0]
    in_src, in_folder = ((place / top).is_dir() or (place / f"{top}.py").exists() for place in (folder / "src", folder))
    return folder / "src" if in_src and not in_folder else folder
