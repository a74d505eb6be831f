"""`app application lock`, `app application install` and `app environment validate` on the command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.harness.servers import REPOSITORY
from tests.release.conftest import DJANGO, Checkout
from tests.release.index import Index


class Person:
    """A person who runs commands in a checkout with the environment `local`."""

    def __init__(self, checkout: Checkout, python: str = sys.executable) -> None:
        self._checkout = checkout
        self._python = python
        self._environments = checkout.root / "environments"
        source = REPOSITORY / "environments"
        shutil.copytree(source / "local", self._environments / "local", dirs_exist_ok=True, ignore=_code)
        shutil.copy(source / "environment.schema.json", self._environments)

    def names_application(self, package: str, celery: str) -> None:
        """Write it into the file of `local`."""
        file = self._environments / "local" / "environment.yml"
        said = yaml.safe_load(file.read_text())
        said["application"] |= {"package": package, "celery": celery}
        file.write_text(yaml.safe_dump(said, sort_keys=False))

    def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call `app`."""
        variables = os.environ | {
            "PYTHONPATH": str(self._checkout.root / "app"),
            "ENVIRONMENTS": str(self._environments),
        }
        return subprocess.run(
            [self._python, "-m", "celery_platform", *words], cwd=self._checkout.root, env=variables,
            capture_output=True, text=True, check=False,
        )  # fmt: skip


def _code(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name not in {"environment.yml", "resolved.json", "prometheus_rules.yml"}]


@pytest.fixture
def person(checkout: Checkout) -> Person:
    checkout.project(DJANGO)
    one = Person(checkout)
    one.names_application("app/mysite", "mysite.celery:app")
    return one


def test_lock_writes_the_lock_and_then_has_nothing_to_write(person: Person, checkout: Checkout) -> None:
    assert person.types("application", "lock").stdout == "wrote app/mysite/requirements.lock\n"
    assert (checkout.root / "app/mysite/requirements.lock").exists()
    assert person.types("application", "lock", "local").stdout == "nothing to write: app/mysite/requirements.lock\n"


def test_validate_reports_a_missing_lock(person: Person) -> None:
    person.types("environment", "render")

    done = person.types("environment", "validate")

    assert done.returncode == 1
    assert "there is no app/mysite/requirements.lock: run `app application lock local`" in done.stdout


def test_validate_succeeds_with_a_lock(person: Person) -> None:
    person.types("environment", "render")
    person.types("application", "lock")

    done = person.types("environment", "validate")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_missing_folder_is_reported(person: Person) -> None:
    person.names_application("app/mysiet", "mysite.celery:app")

    done = person.types("application", "lock", "local")

    assert done.returncode == 2
    assert "found 'app/mysiet', which is neither" in done.stderr


def test_install_adds_what_the_virtualenv_lacks_and_refuses_other_versions_than_the_tools(
    checkout: Checkout, index: Index, tmp_path: Path
) -> None:
    index.wheel("acme-words", "1.0", "acme_words.py")
    index.wheel("acme-words", "2.0", "acme_words.py")
    python = _virtualenv(tmp_path / "venv")
    project = checkout.project(DJANGO | {"requirements.txt": "acme-words==2.0\n"})
    person = Person(checkout, python)
    person.names_application("app/mysite", "mysite.celery:app")
    person.types("application", "lock")

    assert person.types("application", "install").stdout == "installed acme-words==2.0\n"
    assert "nothing to install" in person.types("application", "install").stdout

    (project.folder / "requirements.txt").write_text("acme-words==1.0\n")
    assert "was made before app/mysite/requirements.txt changed" in person.types("application", "install").stderr
    person.types("application", "lock")
    # The application had version 2.0 before.
    assert person.types("application", "install").stdout == "installed acme-words==1.0\n"

    tools = checkout.root / "requirements-dev.lock"
    tools.write_text(tools.read_text() + "acme-words==1.0\n")
    (project.folder / "requirements.txt").write_text("acme-words==2.0\n")
    person.types("application", "lock")
    refused = person.types("application", "install")
    assert refused.returncode == 2
    assert "acme-words==2.0 in the lock and 1.0 here" in refused.stderr


def _virtualenv(folder: Path) -> str:
    """One with the platform's requirements and what the commands use; the tools of this checkout are not in it."""
    uv = str(Path(sys.prefix) / "bin" / "uv")
    subprocess.run([uv, "venv", "--quiet", f"--python={sys.executable}", str(folder)], check=True)
    locks = [f"--requirements={REPOSITORY / 'requirements.lock'}"]
    python = str(folder / "bin" / "python")
    subprocess.run([uv, "pip", "install", "--quiet", f"--python={python}", *locks], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", f"--python={python}", "packaging", "uv==0.13.9"], check=True)
    return python
