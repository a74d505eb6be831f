"""Plan and apply an environment: `python terraform/run.py VERB ENV`.

The verbs are plan, apply, replace, destroy, output, drift, passwords and bootstrap.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from celery_platform.environment import Environment, load, resolve
from celery_platform.environment.account import enter_account
from celery_platform.errors import AppError
from celery_platform.output import print_error
from celery_platform.rendering import stale
from runner.account import Account, has_credentials, identify
from runner.before_destroy import check_destroyable
from runner.destroy_lock import check_destroy_lock, check_plan, stops
from runner.drift import on_hosts
from runner.errors import RunError
from runner.existing import check_existing
from runner.offered import check_offered
from runner.replacement import Replacement, run_playbook
from runner.replacement import replace as replace_machine
from runner.settle import settle
from runner.state import State
from runner.stops import held, others_held
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
JsonFile = Annotated[Path | None, typer.Option("--json", help="also write the plan as JSON to this file")]
Host = Annotated[
    str | None, typer.Option(metavar="NAME", help="the only machine that gets a new instance type in this plan")
]
Lost = Annotated[bool, typer.Option("--lost", help="the machine does not answer any more, so it cannot be freed")]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask; only for an account emulated on this machine")]


@app.command()
def plan(env: Env, json_file: JsonFile = None, host: Host = None) -> None:
    """Show what would change and save it for `apply`. Needs no credentials."""
    environment = _environment(env)
    if has_credentials() or host:
        account = _own_account(environment)
        check_existing(environment, account)
        check_offered(environment, account)
        with _opened(environment, account) as ready:
            summary = ready.plan(*([held(ready.state(), host)] if host else []))
            for line in stops(env, ready):
                print(f"\n{line}")
            print(f"\n{summary}")
            ready.write_json(json_file)
        return
    print(BANNER, flush=True)
    with throwaway(environment.region), _opened(environment, identify(), without_account=True) as ready:
        summary = ready.plan()
        ready.write_json(json_file)
        ready.forget_plan()
    print(f"\n(The plan was not saved, because there is no account to apply it to.)\n{summary}")


@app.command()
def apply(env: Env, yes: Yes = False) -> None:
    """Apply the saved plan."""
    environment = _environment(env)
    account = _own_account(environment)
    with _opened(environment, account) as ready:
        _apply(environment, ready, account, yes)


@app.command()
def replace(env: Env, host: str, lost: Lost = False, yes: Yes = False) -> None:
    """Free a machine, replace its instance, and let the new one join. Continues a replacement that was interrupted."""
    environment = _environment(env)
    account = _own_account(environment)
    with _opened(environment, account) as ready:

        def apply_replacement() -> None:
            print(ready.plan(others_held(ready.state(), host), f"-replace={replacement.address()}"))
            _apply(environment, ready, account, yes)

        replacement = Replacement(host, ready.folder / f"replaced-{host}.json")
        replace_machine(replacement, ready.state, apply_replacement, run_playbook(env, host), lost=lost)
    print(f"{host} runs on its new instance.")


@app.command()
def destroy(env: Env, yes: Yes = False) -> None:
    """Show what would be destroyed, ask for confirmation, and destroy it."""
    environment = _environment(env)
    check_destroy_lock(environment)
    account = _own_account(environment)
    with _opened(environment, account) as ready:
        check_destroyable(ready.state())
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
    """List drift in the account and on the hosts. Exits with 1 if there is any."""
    environment = _environment(env)
    with _opened(environment, _own_account(environment)) as ready:
        drifted = ready.drifted()
    changed = on_hosts(env)
    print(f"account: {'differs, see above' if drifted else 'as applied'}")
    print(f"hosts: {f'{len(changed)} tasks would make changes' if changed else 'as configured'}")
    for line in changed:
        print(f"  {line}")
    raise typer.Exit(1 if drifted or changed else 0)


@app.command()
def passwords(env: Env) -> None:
    """Set users' passwords to those in Secrets Manager, as every apply does. Needed on its own after a rotation."""
    environment = _environment(env)
    account = _own_account(environment)
    with _opened(environment, account) as ready:
        settle(resolve(environment), ready.outputs(), account)


@app.command()
def bootstrap(env: Env, yes: Yes = False) -> None:
    """Create the bucket for the environment's state. Needed once per environment."""
    environment = _environment(env)
    account = _own_account(environment)
    state = _state(environment, account)
    if state.exists():
        print(f"The state bucket {state.bucket} exists.")
        return
    _confirm(env, f"create the bucket {state.bucket} in", account, yes)
    state.create()
    print(f"Created the state bucket {state.bucket}.")


def _environment(name: str) -> Environment:
    """The validated environment with up-to-date derived values. Points this process at the environment's account."""
    terraform()
    environment = load(name)
    old = stale([name])
    if old:
        raise RunError("derived values that match environment.yml", f"{old[0]} is out of date", "run `make render`")
    enter_account(name, environment.region)
    return environment


def _apply(environment: Environment, ready: Workspace, account: Account, yes: bool) -> None:
    """Apply the saved plan, after asking."""
    plan_file = ready.saved_plan()
    check_plan(environment, ready)
    _confirm(environment.name, "change", account, yes)
    ready.apply(plan_file)
    settle(resolve(environment), ready.outputs(), account)


def _own_account(environment: Environment) -> Account:
    if not has_credentials():
        remedy = "configure them (`aws configure sso`). Without an account, only `plan` works."
        raise RunError(f"AWS credentials for {environment.name}", "none", remedy)
    return identify()


def _state(environment: Environment, account: Account) -> State:
    return State(environment.own_prefix, environment.region, account)


@contextmanager
def _opened(environment: Environment, account: Account, *, without_account: bool = False) -> Iterator[Workspace]:
    """The environment's workspace, initialised with providers and state."""
    state = _state(environment, account)
    folder = STATE_FOLDER / environment.name / ("without-account" if without_account else "")
    with workspace(environment.name, account, folder) as ready:
        state.ready(environment.name)
        ready.initialise(state)
        yield ready


def _confirm(name: str, verb: str, account: Account, yes: bool) -> None:
    """Ask for the environment's name.

    Raises:
        RunError: the answer differs, there is no terminal, or `--yes` was given for a real account.
    """
    if yes and account.on_this_machine:
        return
    if yes:
        remedy = "run it without --yes and type the environment's name"
        raise RunError("--yes only for an account emulated on this machine", f"account {account.number}", remedy)
    try:
        answer = input(f"This will {verb} {name} in account {account.number}. Type {name} to continue: ")
    except EOFError:
        answer = ""
    if answer != name:
        raise RunError(f"the name {name}, typed", repr(answer), "nothing was changed; run it again when you are sure")


def main() -> int:
    """Run a command. Every error ends in a message and an exit code."""
    try:
        app()
    except AppError as error:
        return print_error(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
