"""A wheelhouse has everything that a host installs, and is built again when its sources change."""

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from celery_platform.environment import load
from celery_platform.errors import ApplicationError
from celery_platform.release import lock_file, locking, wheelhouse, wheels
from celery_platform.release.console_packages import LOCK, console_packages
from celery_platform.release.lock_file import Locked, Target
from celery_platform.release.release import Release, release_of
from celery_platform.release.wheel_contents import distribution
from packaging.requirements import Requirement

from tests.harness.servers import REPOSITORY
from tests.release.conftest import DJANGO, HOST, Checkout
from tests.release.index import Index


def locked_of(index: Index, checkout: Checkout, requirement: str) -> list[Locked]:
    """The part of an application's lock that comes from the private index."""
    project = checkout.project(DJANGO | {"requirements.txt": f"{requirement}\n"})
    locking.lock(project)
    own = {distribution_of(file) for file in index.folder.iterdir()}
    return [one for one in lock_file.read(project.lock) if one.name in own]


def distribution_of(file: Path) -> str:
    return file.name.partition("-")[0].replace("_", "-")


def test_it_has_a_wheel_for_every_requirement_of_the_hosts_and_both_own_wheels(tmp_path: Path) -> None:
    release = replace(release_of(load("local")), console=True)
    folder = tmp_path / "wheelhouse"

    assert wheelhouse.build(release, [HOST], folder) is True
    assert wheelhouse.build(release, [HOST], folder) is False

    locked = lock_file.read(release.application.lock)
    console = console_packages(release.application, locked, HOST)
    wanted = lock_file.wanted_on([*locked, *console], HOST.markers())
    found = {distribution(wheel) for wheel in folder.glob("*.whl")}
    assert found == {one.name for one in wanted} | {"celery-platform", release.application.name}
    about = json.loads((folder / "app.json").read_text())
    assert (about["release"], about["python"]) == (release.id, "3.13")
    assert (folder / about["wheel"]).exists()
    assert (folder / about["application"]).exists()
    pins = [line for name in ("platform.txt", "application.txt") for line in (folder / name).read_text().splitlines()]
    needed = [each for line in pins if not (each := Requirement(line)).marker or each.marker.evaluate(HOST.markers())]
    of_console = {one.name for one in console}
    assert {each.name for each in needed} == found - of_console
    assert {Requirement(line).name for line in (folder / "console.txt").read_text().splitlines()} == of_console


def test_an_application_that_is_a_requirement_has_no_own_wheel(
    checkout: Checkout, index: Index, tmp_path: Path
) -> None:
    index.wheel("acme-orders", "1.4", "acme_orders/celery.py")
    release = checkout.release("acme-orders==1.4", "acme_orders.celery:app")
    locking.lock(release.application)

    wheelhouse.build(release, [HOST], tmp_path / "wheelhouse")

    assert wheelhouse.manifest(tmp_path / "wheelhouse")["application"] is None
    assert (tmp_path / "wheelhouse" / "acme_orders-1.4-py3-none-any.whl").exists()
    assert (tmp_path / "wheelhouse" / "application.txt").read_text() == "acme-orders==1.4\n"


def test_an_application_that_has_all_of_the_consoles_packages_adds_none(
    checkout: Checkout, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts and the image look for the list of the console's packages, also if it is empty."""
    index.wheel("acme-orders", "1.4", "acme_orders/celery.py")
    release = checkout.release("acme-orders==1.4", "acme_orders.celery:app")
    locking.lock(release.application)
    shutil.copy(REPOSITORY / LOCK, checkout.root / LOCK)  # a part of the id of a release with a console
    # Real ones would have to be locked and downloaded; test_console_packages.py finds out what is added.
    monkeypatch.setattr(wheelhouse, "console_packages", lambda *_: [])

    wheelhouse.build(replace(release, console=True), [HOST], tmp_path / "wheelhouse")

    assert (tmp_path / "wheelhouse" / "console.txt").read_text() == ""


def test_an_old_lock_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    checkout.project(DJANGO)

    with pytest.raises(ApplicationError, match=r"there is no app/mysite/requirements\.lock.*app application lock"):
        wheelhouse.build(checkout.release(), [HOST], tmp_path / "wheelhouse")
    assert not (tmp_path / "wheelhouse").exists()


def test_a_lock_that_contains_the_applications_own_name_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    project = checkout.project(DJANGO, "app/kombu")
    project.lock.write_text(locking.header(project) + "kombu==5.7.0\n")

    with pytest.raises(ApplicationError, match=r"found kombu==5\.7\.0 in app/kombu/requirements\.lock"):
        wheelhouse.build(checkout.release("app/kombu"), [HOST], tmp_path / "wheelhouse")


def test_source_without_anything_to_compile_becomes_a_wheel(checkout: Checkout, index: Index, tmp_path: Path) -> None:
    index.source("acme-pure", "1.0", compiled=False)

    wheels.collect(locked_of(index, checkout, "acme-pure"), HOST, tmp_path)

    (wheel,) = tmp_path.glob("*.whl")
    assert distribution(wheel) == "acme-pure"
    with zipfile.ZipFile(wheel) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}, (
            "a second build would be a different wheel"
        )


def test_source_that_must_be_compiled_is_refused_by_name(checkout: Checkout, index: Index, tmp_path: Path) -> None:
    index.source("acme-native", "1.0", compiled=True)
    locked = locked_of(index, checkout, "acme-native")

    with pytest.raises(ApplicationError, match=r"a wheel of acme-native==1\.0 for Python 3\.13 on x86_64; .*compiled"):
        wheels.collect(locked, HOST, tmp_path)


def test_a_wheel_with_another_hash_is_refused(checkout: Checkout, index: Index, tmp_path: Path) -> None:
    index.wheel("acme-words", "2.0", "acme_words.py")
    locked = locked_of(index, checkout, "acme-words")

    index.wheel("acme-words", "2.0", "acme_words.py", "acme_intruder.py")

    with pytest.raises(ApplicationError, match=r"acme-words==2\.0 .*Expected sha256"):
        wheels.collect(locked, HOST, tmp_path)


def test_markers_are_those_of_the_host_and_not_of_this_machine(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    here_or_there = ["python_full_version >= '3.13'", "python_version < '3.12'", "platform_machine == 'aarch64'"]
    lock.write_text("".join(f"package{number}==1 ; {marker}\n" for number, marker in enumerate(here_or_there)))

    names = [one.name for one in lock_file.wanted_on(lock_file.read(lock), HOST.markers())]

    assert names == ["package0"]


@pytest.mark.parametrize(
    "changed",
    ["requirements.lock", "pyproject.toml", "app/celery_platform/__init__.py", "app/container_image/Containerfile",
     "app/mysite/templates/base.html", "app/mysite/requirements.lock"],
)  # fmt: skip
def test_a_change_of_any_source_is_a_new_release(checkout: Checkout, changed: str) -> None:
    release = _locked(checkout)
    before = release.id

    (checkout.root / changed).write_text((checkout.root / changed).read_text() + "# changed\n")

    assert release.id != before


def test_another_debian_package_is_a_new_release(checkout: Checkout) -> None:
    release = _locked(checkout)

    assert Release(release.application, "local", release.celery, ("libpq5",)).id != release.id


def test_another_application_does_not_change_the_release(checkout: Checkout) -> None:
    release = _locked(checkout)
    before = release.id

    checkout.project(DJANGO, "app/other")

    assert release.id == before


def test_a_wheelhouse_for_another_python_is_built_again(checkout: Checkout) -> None:
    release = _locked(checkout)

    assert wheelhouse.made_from(release, [HOST]) != wheelhouse.made_from(release, [Target("3.11", "x86_64")])


def _locked(checkout: Checkout) -> Release:
    project = checkout.project(DJANGO)
    project.lock.write_text(locking.header(project))
    return checkout.release()
