"""`application.package` is a folder of the repository or a requirement; anything else is refused."""

import subprocess
from pathlib import Path

import pytest
from celery_platform.environment import load
from celery_platform.errors import ApplicationError
from celery_platform.release import helm, wheelhouse
from celery_platform.release.project import Pinned, Project, application_of
from celery_platform.release.release import release_of

from tests.harness.servers import REPOSITORY
from tests.release.conftest import DJANGO, PACKAGED, Checkout


def test_a_folder_has_the_name_in_its_pyproject(checkout: Checkout) -> None:
    assert checkout.project(PACKAGED).name == "acme-app"


def test_without_pyproject_the_name_is_that_of_the_folder(checkout: Checkout) -> None:
    assert checkout.project(DJANGO, "applications/My_Site").name == "my-site"


def test_the_packed_files_are_those_of_the_chosen_checkout(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    described = (REPOSITORY / "environments" / "local" / "environment.yml").read_text()
    (checkout.root / "environments" / "local" / "environment.yml").write_text(described)
    package = load("local").application.package
    checkout.project(DJANGO, package)
    monkeypatch.delenv("ENVIRONMENTS", raising=False)

    monkeypatch.setenv("CELERY_CHECKOUT", str(checkout.root))

    assert release_of(load("local")).application == Project(checkout.root, package)
    assert wheelhouse.wheelhouse() == checkout.root / "dist" / "wheelhouse"
    assert helm.chart() == checkout.root / "app" / "chart"


def test_a_requirement_has_its_lock_next_to_the_environment_file(checkout: Checkout) -> None:
    found = application_of("acme-orders[pg]==1.4", checkout.root, checkout.root / "environments" / "prod")

    assert isinstance(found, Pinned)
    assert (found.name, found.label_of_lock) == ("acme-orders", "environments/prod/requirements.lock")


@pytest.mark.parametrize(
    "package", ["app/mysiet", "acme-orders", "acme-orders>=1.4", "acme-orders==1.*", "https://a/b"]
)
def test_neither_a_folder_nor_a_versioned_requirement_is_refused(checkout: Checkout, package: str) -> None:
    with pytest.raises(ApplicationError, match="a folder of this repository or a requirement with its version"):
        checkout.release(package)


@pytest.mark.parametrize("package", ["celery-platform==0.1.0", "Celery_Platform==0.1.0"])
def test_a_requirement_with_the_platforms_name_is_refused(checkout: Checkout, package: str) -> None:
    with pytest.raises(ApplicationError, match="an application with a different name than the platform"):
        checkout.release(package)


def test_a_folder_with_the_platforms_name_is_refused(checkout: Checkout) -> None:
    checkout.project(DJANGO, "other/celery_platform")

    with pytest.raises(ApplicationError, match="whose distribution is called celery-platform"):
        checkout.release("other/celery_platform")


def test_requirements_in_other_files_are_not_overlooked(checkout: Checkout) -> None:
    project = checkout.project({"mysite/celery.py": "", "requirements/prod.txt": ""})

    with pytest.raises(ApplicationError, match=r"found neither, and requirements\. .*-r requirements"):
        project.requirement_files()


def test_an_application_may_need_only_the_platform(checkout: Checkout) -> None:
    project = checkout.project({"mysite/celery.py": "", "requirements.lock": ""})

    assert project.requirement_files() == []


def test_a_pyproject_that_only_configures_tools_leaves_the_requirements_to_requirements_txt(checkout: Checkout) -> None:
    project = checkout.project(DJANGO | {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"})

    assert [file.name for file in project.requirement_files()] == ["requirements.txt"]


def test_a_pyproject_with_dependencies_is_the_only_source(checkout: Checkout) -> None:
    project = checkout.project(PACKAGED | {"requirements.txt": "celery==4.0\n"})

    assert [file.name for file in project.requirement_files()] == ["pyproject.toml"]


def test_a_pyproject_that_is_not_toml_is_refused(checkout: Checkout) -> None:
    project = checkout.project({"pyproject.toml": "[project"})

    with pytest.raises(ApplicationError, match="TOML in app/mysite/pyproject"):
        project.requirement_files()


def test_included_files_are_sources_of_the_lock_too(checkout: Checkout) -> None:
    sources = checkout.project(DJANGO).sources_of_lock()

    assert list(sources) == ["app/mysite/requirements.txt", "app/mysite/requirements/queue.txt"]


def test_files_that_git_ignores_are_not_packed(checkout: Checkout) -> None:
    project = checkout.project(DJANGO | {".gitignore": "/db.sqlite3\n", "db.sqlite3": "", "mysite/new.py": ""})
    subprocess.run(["git", "init", "--quiet", str(checkout.root)], check=True)

    files = project.files()

    assert Path("db.sqlite3") not in files
    assert {Path("mysite/new.py"), Path("templates/base.html")} <= set(files)


def test_without_version_control_caches_and_virtualenvs_are_not_packed(checkout: Checkout) -> None:
    caches = {"mysite/__pycache__/a.pyc": "", "env/pyvenv.cfg": "", "env/lib/a.py": "", ".cache/x.py": ""}

    files = checkout.project(DJANGO | caches).files()

    assert not [file for file in files if file.parts[0] in {"env", ".cache"} or "__pycache__" in file.parts]
    assert Path("mysite/celery.py") in files
