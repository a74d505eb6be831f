"""What an environment with `destroy_lock` refuses: its end, and plans that lose data or stop all machines of a role."""

from collections.abc import Iterator

from celery_platform.environment import Environment
from celery_platform.environment.load import environments_folder

from runner.errors import RunError
from runner.losses import losses
from runner.stops import stopped_together
from runner.workspace import Workspace


def check_destroy_lock(environment: Environment) -> None:
    """Refuse to destroy a locked environment.

    Raises:
        RunError: `destroy_lock` is on.
    """
    if environment.destroy_lock:
        remedy = "remove the lock in a separate change, `make render`, plan and apply it, then destroy"
        raise RunError(_unlocked(environment), "true", remedy)


def check_plan(environment: Environment, ready: Workspace) -> None:
    """Refuse a saved plan that a locked environment must not have applied.

    Raises:
        RunError: it deletes resources with data, as a switch of the broker does, or stops several machines of a role.
    """
    if not environment.destroy_lock:
        return
    if lost := list(losses(ready.planned())):
        remedy = "drain or save their data, remove the lock in a separate change, `make render`, then plan and apply"
        raise RunError(_unlocked(environment), f"true, and a plan that deletes {', '.join(lost)}", remedy)
    if lines := list(stops(environment.name, ready)):
        raise RunError(_unlocked(environment), f"true, and {'; '.join(lines)}", "plan and apply them one at a time")


def stops(env: str, ready: Workspace) -> Iterator[str]:
    """A line for each role of which the saved plan stops several machines."""
    for role, names in stopped_together(ready.planned()).items():
        alone = f"`make plan ENV={env} HOST={names[0]}` (see terraform/README.md, 'Changing the instance type')"
        yield f"{len(names)} machines of {role} would stop at the same time: {', '.join(names)}; one at a time: {alone}"


def _unlocked(environment: Environment) -> str:
    return f"destroy_lock: false in {environments_folder() / environment.name / 'environment.yml'}"
