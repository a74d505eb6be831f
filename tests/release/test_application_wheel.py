"""An application's own wheel, with or without a build system, and the uniqueness of its names."""

import zipfile
from pathlib import Path

import pytest
from celery_platform.errors import ApplicationError
from celery_platform.release import application_wheel
from celery_platform.release.project import Project
from celery_platform.release.wheel_contents import check_module, check_names, modules

from tests.release.conftest import DJANGO, PACKAGED, Checkout
from tests.release.index import Index

# It needs setuptools, which is not one of this repository's tools.
SETUPTOOLS = {
    "setup.py": "from setuptools import setup\nsetup(name='old', version='1', packages=['old'])\n",
    "old/__init__.py": "",
    "old/celery.py": "",
}


def built(project: Project, module: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return application_wheel.build(project, module, folder)


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_a_project_without_build_system_is_packed_whole(checkout: Checkout, tmp_path: Path) -> None:
    wheel = built(checkout.project(DJANGO), "mysite.celery", tmp_path / "wheels")

    assert wheel.name == "mysite-0-py3-none-any.whl"
    left_out = {"README.md", "tests/test_orders.py", ".env", "requirements.txt"}
    assert contents(wheel) == set(DJANGO) - left_out


def test_packages_in_src_are_packed_as_they_are_imported(checkout: Checkout, tmp_path: Path) -> None:
    project = checkout.project(
        {"requirements.txt": "celery\n", "src/shop/celery.py": "", "src/shop/mail.html": "", "run.py": ""}
    )

    assert contents(built(project, "shop.celery", tmp_path / "wheels")) == {"shop/celery.py", "shop/mail.html"}


def test_name_version_and_commands_are_those_of_pyproject(checkout: Checkout, tmp_path: Path) -> None:
    described = (
        '[project]\nname = "My.Shop"\nversion = "3.1"\ndependencies = []\n[project.scripts]\nshopctl = "shop:main"\n'
    )
    project = checkout.project({"pyproject.toml": described, "shop/__init__.py": ""})

    wheel = built(project, "shop", tmp_path / "wheels")

    assert wheel.name == "my_shop-3.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        assert b"shopctl = shop:main" in archive.read("my_shop-3.1.dist-info/entry_points.txt")


def test_a_project_with_a_build_system_is_built_as_it_says(checkout: Checkout, tmp_path: Path) -> None:
    project = checkout.project(PACKAGED | {"other/__init__.py": ""})

    wheel = built(project, "app.celery", tmp_path / "wheels")

    assert wheel.name.startswith("acme_app-2.0-")
    assert contents(wheel) == {"app/__init__.py", "app/celery.py"}


def test_a_missing_build_backend_is_downloaded_and_leaves_no_files(checkout: Checkout, tmp_path: Path) -> None:
    project = checkout.project(SETUPTOOLS)

    assert contents(built(project, "old.celery", tmp_path / "wheels")) == {"old/__init__.py", "old/celery.py"}
    assert {str(file) for file in project.files()} == set(SETUPTOOLS)


def test_the_same_sources_are_the_same_wheel_whenever_it_is_built(checkout: Checkout, tmp_path: Path) -> None:
    wheel = built(checkout.project(SETUPTOOLS), "old.celery", tmp_path / "wheels")

    with zipfile.ZipFile(wheel) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_project_that_does_not_build_is_refused_with_its_backends_output(checkout: Checkout, tmp_path: Path) -> None:
    project = checkout.project({"setup.py": "raise RuntimeError('no such compiler')\n"})

    with pytest.raises(ApplicationError, match=r"a wheel of app/mysite.*no such compiler"):
        built(project, "old.celery", tmp_path / "wheels")


def test_a_folder_without_a_module_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    project = checkout.project({"requirements.txt": "celery\n", "pages/index.html": ""})

    with pytest.raises(ApplicationError, match="Python modules in app/mysite"):
        built(project, "mysite.celery", tmp_path / "wheels")


@pytest.mark.parametrize(
    ("taken", "owner"),
    [
        ("celery_platform/__init__.py", "celery_platform, which the platform has too"),
        ("calendar/__init__.py", "calendar, which Python's own library has too"),
        ("acme.py", "acme, which acme 1.0 has too"),
        # Without __init__.py they are namespace packages, which a regular package of the same name would hide.
        ("celery_platform/errors.py", "celery_platform, which the platform has too"),
        ("calendar/celery.py", "calendar, which Python's own library has too"),
        ("acme/orders.py", "acme, which acme 1.0 has too"),
        ("shared/mail.py", "shared.mail, which acme-mail 1.0 has too"),
    ],
)
def test_a_module_whose_name_is_taken_is_refused(
    checkout: Checkout, index: Index, tmp_path: Path, taken: str, owner: str
) -> None:
    index.wheel("acme", "1.0", "acme/__init__.py")
    index.wheel("acme-mail", "1.0", "shared/mail.py")
    wheel = built(checkout.project(DJANGO | {taken: ""}), "mysite.celery", tmp_path / "wheels")

    with pytest.raises(ApplicationError, match=owner):
        check_names(wheel, index.folder.glob("*.whl"))


def test_a_package_called_app_is_accepted(checkout: Checkout, index: Index, tmp_path: Path) -> None:
    index.wheel("acme", "1.0", "acme/__init__.py")
    wheel = built(checkout.project(PACKAGED), "app.celery", tmp_path / "wheels")

    check_names(wheel, index.folder.glob("*.whl"))


def test_a_command_that_the_platform_has_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    script = '[project]\nname = "shop"\nversion = "1"\ndependencies = []\n[project.scripts]\napp = "shop:main"\n'
    platform = built(Project(checkout.root, "."), "celery_platform", tmp_path / "platform")
    wheel = built(checkout.project({"pyproject.toml": script, "shop/__init__.py": ""}), "shop", tmp_path / "wheels")

    with pytest.raises(ApplicationError, match=r"the command app, which celery-platform 0\.1\.0 has too"):
        check_names(wheel, [platform])


def test_a_namespace_may_be_shared(checkout: Checkout, index: Index, tmp_path: Path) -> None:
    index.wheel("acme-mail", "1.0", "acme/mail/__init__.py")
    wheel = built(checkout.project(DJANGO | {"acme/orders/__init__.py": ""}), "mysite.celery", tmp_path / "wheels")

    check_names(wheel, index.folder.glob("*.whl"))


def test_a_celery_module_that_is_not_packed_is_refused_with_similar_ones(checkout: Checkout, tmp_path: Path) -> None:
    wheel = built(checkout.project(PACKAGED), "app.celery", tmp_path / "wheels")
    assert modules(wheel) == {"app", "app.celery"}

    with pytest.raises(
        ApplicationError, match=r"expected app\.queue .*application\.celery: app\.queue:app.*found app\.celery\."
    ):
        check_module("app.queue", "app.queue:app", [wheel])
