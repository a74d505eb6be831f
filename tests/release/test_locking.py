"""One lock for the platform and an application: the platform's versions are kept, and an old lock is detected."""

import re
import subprocess
from pathlib import Path

import pytest
from celery_platform.environment import load
from celery_platform.environment.load import names
from celery_platform.errors import ApplicationError
from celery_platform.release import lock_file, locking
from celery_platform.release.release import release_of

from tests.harness.servers import REPOSITORY
from tests.release.conftest import DJANGO, PACKAGED, Checkout, Files
from tests.release.index import Index


def test_the_lock_has_the_platforms_pins_and_what_the_application_adds(checkout: Checkout) -> None:
    project = checkout.project(DJANGO)

    assert locking.lock(project) is True

    locked = {one.name: one.version for one in lock_file.read(project.lock)}
    platform = {one.name: one.version for one in lock_file.read(checkout.root / "requirements.lock")}
    assert platform.items() <= locked.items()
    assert locked["django"].startswith("5.2.")
    assert "celery-platform" not in locked


def test_every_requirement_of_the_lock_has_hashes(checkout: Checkout) -> None:
    project = checkout.project(DJANGO)

    locking.lock(project)

    assert [one.name for one in lock_file.read(project.lock) if not one.hashes] == []


def test_the_same_requirements_give_the_same_lock(checkout: Checkout) -> None:
    project = checkout.project(DJANGO)
    locking.lock(project)

    assert locking.lock(project) is False


def test_an_application_may_require_the_platform(checkout: Checkout) -> None:
    project = checkout.project(DJANGO | {"requirements.txt": "celery-platform>=0.1\n"})

    locking.lock(project)

    assert "celery-platform" not in {one.name for one in lock_file.read(project.lock)}


def test_a_requirement_is_resolved_from_its_index(checkout: Checkout, index: Index) -> None:
    index.wheel("acme-orders", "1.4", "acme_orders/celery.py", requires=("celery>=5.4", "acme-words"))
    index.wheel("acme-words", "2.0", "acme_words.py")
    release = checkout.release("acme-orders==1.4", "acme_orders.celery:app")

    locking.lock(release.application)

    locked = {one.name: one.version for one in lock_file.read(checkout.root / "environments/local/requirements.lock")}
    assert (locked["acme-orders"], locked["acme-words"], locked["celery"]) == ("1.4", "2.0", "5.7.0")


@pytest.mark.parametrize(
    ("requirements", "words"),
    [
        ("celery<5.5\n", r"celery<5\.5 and celery==5\.7\.0"),
        ("acme-old==1.0\n", r"acme-old depend on redis<6 and .*redis==8"),
        ("acme-nowhere==1.0\n", "acme-nowhere was not found"),
        ("django>=6\n", r"Python>=3\.12 and django>=6"),
    ],
)
def test_requirements_that_conflict_with_the_platforms_are_refused_with_uvs_message(
    checkout: Checkout, index: Index, requirements: str, words: str
) -> None:
    index.wheel("acme-old", "1.0", "acme_old.py", requires=("redis<6",))
    project = checkout.project(DJANGO | {"requirements.txt": requirements})

    with pytest.raises(ApplicationError, match=rf"that are compatible with the platform's.*{words}.*Loosen"):
        locking.lock(project)
    assert not project.lock.exists()


def test_a_requirement_that_is_a_url_is_refused_before_a_lock_is_written(checkout: Checkout, index: Index) -> None:
    index.wheel("acme-words", "1.0", "acme_words.py")
    (wheel,) = index.folder.glob("acme_words*")
    project = checkout.project(DJANGO | {"requirements.txt": f"acme-words @ {wheel.as_uri()}\n"})

    with pytest.raises(ApplicationError, match=r"requirement of app/mysite/requirements\.lock .*'acme-words @ file:"):
        locking.lock(project)
    assert not project.lock.exists()


@pytest.mark.parametrize(
    "line", ["acme @ https://example.com/acme-1.0.tar.gz", "-e ./acme", "acme>=1", "acme==1.*", "acme>=1,<2", "acme"]
)
def test_a_lock_with_anything_but_versions_is_refused(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"celery==5.7.0 \\\n    --hash=sha256:00\n{line}\n")

    words = f"requirement of {lock} to be one version from a package index, such as celery==5.7.0; found '{line}'"
    with pytest.raises(ApplicationError, match=re.escape(words)):
        lock_file.read(lock)


def test_a_newer_python_is_resolved_for_if_the_application_requires_it(checkout: Checkout) -> None:
    described = '[project]\nname = "new"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["django>=6,<7"]\n'
    project = checkout.project({"pyproject.toml": described})

    locking.lock(project)

    assert {one.name: one.version for one in lock_file.read(project.lock)}["django"].startswith("6.")


def test_an_invalid_requires_python_is_refused(checkout: Checkout) -> None:
    project = checkout.project({"pyproject.toml": '[project]\nname = "new"\nrequires-python = "3.12 or so"\n'})

    with pytest.raises(ApplicationError, match="requires-python of app/mysite"):
        locking.lock(project)


def test_versions_of_the_tools_are_preferred(checkout: Checkout, index: Index) -> None:
    for version in ("1.0", "2.0"):
        index.wheel("acme-words", version, "acme_words.py")
    tools = checkout.root / "requirements-dev.lock"
    tools.write_text(tools.read_text() + "acme-words==1.0\n")
    project = checkout.project(DJANGO | {"requirements.txt": "acme-words\n"})

    locking.lock(project)

    assert "acme-words==1.0" in {one.pin() for one in lock_file.read(project.lock)}


# The build backend reports the requirements, which it reads from files that uv does not get.
DYNAMIC = {
    "pyproject.toml": '[project]\nname = "mysite"\nversion = "1"\ndynamic = ["dependencies"]\n'
    '[tool.setuptools.dynamic]\ndependencies = {file = ["needed.in"]}\n',
    "requirements.txt": "-r queue.txt\n",
    "queue.txt": "celery>=5.4\n",
    "needed.in": "celery>=5.4\n",
}
OF_SETUPTOOLS = {
    "setup.py": "from setuptools import setup\nsetup()\n",
    "setup.cfg": "[options]\ninstall_requires = celery>=5.4\n",
    "requirements/base.txt": "celery>=5.4\n",
}


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        (DJANGO, "requirements.lock"),
        (DJANGO, "app/mysite/requirements.txt"),
        (DJANGO, "app/mysite/requirements/queue.txt"),
        (DYNAMIC, "app/mysite/requirements.txt"),
        (DYNAMIC, "app/mysite/queue.txt"),
        (DYNAMIC, "app/mysite/needed.in"),
        (OF_SETUPTOOLS, "app/mysite/setup.py"),
        (OF_SETUPTOOLS, "app/mysite/setup.cfg"),
        (OF_SETUPTOOLS, "app/mysite/requirements/base.txt"),
    ],
)
def test_a_lock_older_than_its_sources_is_refused(checkout: Checkout, files: Files, changed: str) -> None:
    project = checkout.project(files)
    project.lock.write_text(locking.header(project))
    locking.check(project, "local")

    (checkout.root / changed).write_text((checkout.root / changed).read_text() + "# changed\n")

    with pytest.raises(ApplicationError, match=f"was made before {changed} changed.*app application lock local"):
        locking.check(project, "local")


def test_a_lock_stays_valid_if_files_without_requirements_change(checkout: Checkout) -> None:
    project = checkout.project(PACKAGED | {"requirements-dev.txt": "pytest\n", "setup.cfg": "[flake8]\n"})

    assert list(project.sources_of_lock()) == ["app/mysite/pyproject.toml"]


def test_another_version_of_a_requirement_needs_another_lock(checkout: Checkout, index: Index) -> None:
    index.wheel("acme-orders", "1.4", "acme_orders.py")
    locking.lock(checkout.release("acme-orders==1.4").application)

    reason = locking.outdated(checkout.release("acme-orders==1.5").application)

    assert reason == "environments/local/requirements.lock was made before application.package changed"


def test_a_missing_lock_is_reported(checkout: Checkout) -> None:
    assert locking.outdated(checkout.project(PACKAGED)) == "there is no app/mysite/requirements.lock"


@pytest.mark.parametrize("name", names())
def test_every_environments_application_is_locked(name: str) -> None:
    assert locking.outdated(release_of(load(name)).application) is None


def test_the_application_of_the_tests_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENTS", str(REPOSITORY / "tests/harness/environments"))

    assert locking.outdated(release_of(load("local")).application) is None


def test_a_folder_that_is_a_separate_repository_is_refused(checkout: Checkout) -> None:
    project = checkout.project(DJANGO)
    subprocess.run(["git", "init", "-q", str(project.folder)], check=True)

    with pytest.raises(ApplicationError, match=r"found a separate repository, app/mysite/\.git\. .*git archive"):
        locking.lock(project)
    assert not project.lock.exists()


def test_a_submodule_is_not_a_separate_repository(checkout: Checkout) -> None:
    project = checkout.project(DJANGO | {".git": "gitdir: ../../.git/modules/app/mysite"})

    assert locking.lock(project) is True
