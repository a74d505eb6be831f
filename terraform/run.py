"""Plan and apply an environment: `python terraform/run.py plan|apply|destroy|output|drift|passwords|bootstrap ENV`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from celery_platform.environment import Environment, load, resolve
from celery_platform.environment.account import enter_account
from celery_platform.environment.load import environments_folder
from celery_platform.errors import AppError
from celery_platform.output import print_error
from celery_platform.rendering import stale
from runner.account import Account, has_credentials, identify
from runner.drift import on_hosts
from runner.errors import RunError
from runner.existing import check_existing
from runner.losses import losses
from runner.settle import settle
from runner.state import State
from runner.stops import held, stopped_together
from runner.throwaway import throwaway
from runner.tools import terraform
from runner.workspace import STATE_FOLDER, Workspace, workspace

BANNER = """\
+------------------------------------------------------------------------------+
| No AWS credentials are configured: this plans against an EMPTY, EMULATED      |
| account on this machine. It shows what would be created from nothing. It      |
| knows nothing of your real account, and cannot be applied.                    |
+------------------------------------------------------------------------------+"""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
Env = Annotated[str, typer.Argument(metavar="ENV", help="a folder of environments/")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="write the plan as JSON, too, for tools that read it")]
Host = Annotated[
    str | None, typer.Option(metavar="NAME", help="a machine that changes its size alone, the others not yet")
]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask; only where the account is emulated on this machine")]


@app.command()
def plan(env: Env, json_file: JsonFile = None, host: Host = None) -> None:
    """Show what would change and save it for `apply`. Needs no credentials."""
    environment = _environment(env)
    if has_credentials() or host:
        account = _own_account(environment)
        check_existing(environment, account)
        with _opened(environment, account) as ready:
            summary = ready.plan(*([held(ready.state(), host)] if host else []))
            for line in _stops(env, ready):
                print(f"\n{line}")
            print(f"\n{summary}")
            ready.write_json(json_file)
        return
    print(BANNER, flush=True)
    with throwaway(environment.region), _opened(environment, identify(), without_account=True) as ready:
        summary = ready.plan()
        ready.write_json(json_file)
        ready.forget_plan()
    print(f"\n(not saved: there is no account to apply it to)\n{summary}")


@app.command()
def apply(env: Env, yes: Yes = False) -> None:
    """Make the saved plan happen."""
    environment = _environment(env)
    account = _own_account(environment)
    with _opened(environment, account) as ready:
        plan_file = ready.saved_plan()
        if environment.destroy_lock:
            _refuse_losses(environment, ready)
            _refuse_stops(environment, ready)
        _confirm(env, "change", account, yes)
        ready.apply(plan_file)
        settle(resolve(environment), ready.outputs(), account)


@app.command()
def destroy(env: Env, yes: Yes = False) -> None:
    """Show what would be destroyed, ask, and destroy it."""
    environment = _environment(env)
    _check_destroy_lock(environment)
    account = _own_account(environment)
    with _opened(environment, account) as ready:
        print(ready.plan("-destroy"))
        try:
            _confirm(env, "DESTROY", account, yes)
        except RunError:
            ready.forget_plan()
            raise
        ready.apply(ready.saved_plan())


@app.command()
def output(env: Env) -> None:
    """Print the environment's outputs as JSON."""
    environment = _environment(env)
    with _opened(environment, _own_account(environment)) as ready:
        ready.run("output", "-json")


@app.command()
def drift(env: Env) -> None:
    """Say what differs from what was applied, in the account and on the hosts; exit code 1 when anything does."""
    environment = _environment(env)
    with _opened(environment, _own_account(environment)) as ready:
        drifted = ready.drifted()
    changed = on_hosts(env)
    print(f"account: {'differs, see above' if drifted else 'as applied'}")
    print(f"hosts: {f'{len(changed)} tasks would change something' if changed else 'as configured'}")
    for line in changed:
        print(f"  {line}")
    raise typer.Exit(1 if drifted or changed else 0)


@app.command()
def passwords(env: Env) -> None:
    """Give users the passwords that Secrets Manager holds. Part of every apply; alone after a rotation."""
    environment = _environment(env)
    account = _own_account(environment)
    with _opened(environment, account) as ready:
        settle(resolve(environment), ready.outputs(), account)


@app.command()
def bootstrap(env: Env, yes: Yes = False) -> None:
    """Create the bucket that holds the environment's state; once per environment."""
    environment = _environment(env)
    account = _own_account(environment)
    state = _state(environment, account)
    if state.exists():
        print(f"The state bucket {state.bucket} is there.")
        return
    _confirm(env, f"create the bucket {state.bucket} in", account, yes)
    state.create()
    print(f"Created the state bucket {state.bucket}.")


def _environment(name: str) -> Environment:
    """The environment, checked and with its derived values up to date, and this process set to its account."""
    terraform()
    environment = load(name)
    old = stale([name])
    if old:
        raise RunError("derived values that match environment.yml", f"{old[0]} is out of date", "run `make render`")
    enter_account(name, environment.region)
    return environment


def _check_destroy_lock(environment: Environment) -> None:
    """Some environments are not destroyed by one command.

    Raises:
        RunError: this one is locked.
    """
    if environment.destroy_lock:
        raise RunError(_unlocked(environment), "true", "lift the lock in a change of its own, render, and then destroy")


def _refuse_losses(environment: Environment, ready: Workspace) -> None:
    """Nor by a line that replaces what holds their data, as another broker does.

    Raises:
        RunError: the saved plan would.
    """
    if lost := list(losses(ready.planned())):
        remedy = "drain and save what they hold, lift the lock in a change of its own, render, plan and apply"
        raise RunError(_unlocked(environment), f"true, and a plan that deletes {', '.join(lost)}", remedy)


def _refuse_stops(environment: Environment, ready: Workspace) -> None:
    """Nor do all machines of a role stop at the same time.

    Raises:
        RunError: the saved plan would stop them.
    """
    if lines := list(_stops(environment.name, ready)):
        raise RunError(_unlocked(environment), f"true, and {'; '.join(lines)}", "plan and apply it so")


def _stops(env: str, ready: Workspace) -> Iterator[str]:
    for role, names in stopped_together(ready.planned()).items():
        alone = f"`make plan ENV={env} HOST={names[0]}` (terraform/README.md says what else)"
        yield f"{len(names)} machines of {role} stop at once: {', '.join(names)}; one after the other: {alone}"


def _unlocked(environment: Environment) -> str:
    return f"destroy_lock: false in {environments_folder() / environment.name / 'environment.yml'}"


def _own_account(environment: Environment) -> Account:
    if not has_credentials():
        remedy = "configure them (`aws configure sso`); without an account only `plan` works"
        raise RunError(f"AWS credentials for {environment.name}", "none", remedy)
    return identify()


def _state(environment: Environment, account: Account) -> State:
    return State(f"celery-{environment.name}", environment.region, account)


@contextmanager
def _opened(environment: Environment, account: Account, *, without_account: bool = False) -> Iterator[Workspace]:
    """The environment's workspace with providers and state in place."""
    state = _state(environment, account)
    folder = STATE_FOLDER / environment.name / ("without-account" if without_account else "")
    with workspace(environment.name, account, folder) as ready:
        state.ready(environment.name)
        ready.initialise(state)
        yield ready


def _confirm(name: str, verb: str, account: Account, yes: bool) -> None:
    """Ask for the environment's name.

    Raises:
        RunError: another answer, nobody to ask, or `--yes` on a real account.
    """
    if yes and account.on_this_machine:
        return
    if yes:
        remedy = "run it without --yes and type the environment's name"
        raise RunError("--yes only where the account is emulated on this machine", f"account {account.number}", remedy)
    try:
        answer = input(f"This will {verb} {name} in account {account.number}. Type {name} to go on: ")
    except EOFError:
        answer = ""
    if answer != name:
        raise RunError(f"the name {name}, typed", repr(answer), "nothing was changed; repeat when you are sure")


def main() -> int:
    """Run a command; every failure is a message and an exit code."""
    try:
        app()
    except AppError as error:
        return print_error(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
