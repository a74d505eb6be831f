"""Wrong input and forbidden operations are refused with a message, before Terraform runs."""

import builtins
from pathlib import Path

import pytest

from tests.terraform.conftest import Runner


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (("plan", "nowhere"), {}, "one of: dev, local, prod"),
        (("plan", "dev"), {"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
        (("plan", "dev"), {"PATH": "/nonexistent"}, "Terraform 1.11 or later on the PATH"),
        (("apply", "dev"), {}, "AWS credentials for dev"),
        (("destroy", "dev", "--yes"), {}, "AWS credentials for dev"),
        (("frob", "dev"), {}, "No such command"),
        (("plan",), {}, "Missing argument"),
    ],
)
def test_says_what_is_wrong(
    runner: Runner, arguments: tuple[str, ...], variables: dict[str, str], message: str
) -> None:
    done = runner.run(*arguments, **variables)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout


def test_says_that_the_local_account_is_not_up(runner: Runner) -> None:
    config = runner.folder / "environments" / "local" / "aws" / "config"
    config.write_text(config.read_text().replace(":4566", ":9"))  # the discard port, on which nothing listens
    done = runner.run("plan", "local")
    assert done.returncode != 0
    assert "run `make up`" in done.stdout


def test_a_locked_environment_is_not_destroyed(runner: Runner) -> None:
    done = runner.run("destroy", "prod", "--yes")
    assert done.returncode != 0
    assert "destroy_lock: false" in done.stdout
    assert "remove the lock in a separate change" in done.stdout


def test_says_that_derived_values_are_old(runner: Runner) -> None:
    file = runner.folder / "environments" / "dev" / "environment.yml"
    file.write_text(file.read_text().replace("monthly_usd: ", "monthly_usd: 1"))
    done = runner.run("plan", "dev")
    assert done.returncode != 0
    assert "make render" in done.stdout


def test_yes_is_not_taken_for_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    import run
    from runner.account import Account
    from runner.errors import RunError

    real, here = Account("123456789012", None), Account("000000000000", "http://127.0.0.1:4566")
    with pytest.raises(RunError, match="type the environment's name"):
        run._confirm("prod", "change", real, yes=True)
    run._confirm("local", "change", here, yes=True)

    monkeypatch.setattr(builtins, "input", lambda _: "staging")
    with pytest.raises(RunError, match="'staging'"):
        run._confirm("prod", "change", real, yes=False)
    monkeypatch.setattr(builtins, "input", lambda _: "prod")
    run._confirm("prod", "change", real, yes=False)


def test_a_plan_of_another_account_is_not_applied(tmp_path: Path) -> None:
    from runner.account import Account
    from runner.errors import RunError
    from runner.workspace import Workspace

    workspace = Workspace("prod", tmp_path, Account("111111111111", None))
    with pytest.raises(RunError, match="make plan ENV=prod"):
        workspace.saved_plan()
    workspace.plan_file.write_text("a plan")
    workspace.plan_account_file.write_text('{"number": "222222222222", "endpoint": null}')
    with pytest.raises(RunError, match="222222222222"):
        workspace.saved_plan()
    workspace.plan_account_file.write_text('{"number": "111111111111", "endpoint": null}')
    assert workspace.saved_plan() == workspace.plan_file


def test_only_one_run_at_a_time(tmp_path: Path) -> None:
    from runner.account import Account
    from runner.errors import RunError
    from runner.workspace import workspace

    account = Account("1", None)
    with workspace("dev", account, tmp_path), pytest.raises(RunError, match="only Terraform run of dev"):  # noqa: SIM117
        with workspace("dev", account, tmp_path):
            pass


def test_a_mirror_is_found_and_used_for_what_it_has(tmp_path: Path) -> None:
    from runner.tools import cli_config, mirror

    assert mirror((str(tmp_path),)) is None
    provider = tmp_path / "vendor/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64/terraform-provider-aws_v5"
    provider.parent.mkdir(parents=True)
    provider.touch()
    found = mirror((str(tmp_path),))
    assert found == tmp_path / "vendor"
    text = cli_config(found)
    assert 'include = ["registry.terraform.io/hashicorp/aws"]' in text
    assert 'exclude = ["registry.terraform.io/hashicorp/aws"]' in text
