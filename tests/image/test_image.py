"""The container image: a small platform, not root, no compiler, and a read-only root file system."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from celery_platform.environment import load
from celery_platform.errors import ImageError
from celery_platform.release.records.registry import image_archive
from celery_platform.release.release import release_of
from container_image import pack
from container_image.build import REPOSITORY, bootstrapped_base, build, build_release, project_podman
from local_containers.podman import Podman

pytestmark = pytest.mark.image
ENVIRONMENT = "local"
COMPILERS = ("gcc", "cc", "c++", "clang", "ld", "as", "make")


@dataclass(frozen=True)
class Built:
    """An image, and podman to run it."""

    podman: Podman
    name: str

    def run(self, *words: str, entrypoint: str = "app") -> subprocess.CompletedProcess[bytes]:
        """Run it like a pod: read-only, without capabilities, with a volume for temporary files only."""
        return self.podman.attempt(
            "run", "--rm", "--network=none", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all",
            "--security-opt=no-new-privileges", "--tmpfs=/tmp:mode=1777", f"--entrypoint={entrypoint}",
            self.name, *words,
        )  # fmt: skip


@pytest.fixture(scope="module")
def image() -> Built:
    podman = project_podman()
    return Built(podman, build(podman, bootstrapped_base(podman), ENVIRONMENT))


@pytest.fixture(scope="module")
def archive(image: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("image")
    pack.archive(image.podman, image.name, folder / "app.oci.tar")
    yield folder / "app.oci.tar"
    shutil.rmtree(folder)


def test_a_second_build_of_the_same_sources_is_the_same_image(image: Built) -> None:
    assert build(image.podman, bootstrapped_base(image.podman), ENVIRONMENT) == image.name


def test_its_tag_is_the_release_and_its_processes_know_it(image: Built) -> None:
    release = release_of(load(ENVIRONMENT)).id

    assert image.name.partition(":")[2] == release
    assert image.run("-c", "echo $CELERY_RUNNING_RELEASE", entrypoint="sh").stdout.decode().strip() == release


def test_its_archive_names_the_release_as_make_push_reads_it(archive: Path, image: Built) -> None:
    release = image.name.partition(":")[2]

    with image_archive(archive, release, ENVIRONMENT) as read:
        assert len(read.blobs()) > 1


def test_it_holds_the_platform_of_this_checkout(image: Built) -> None:
    code = (
        "import celery_platform, hashlib, pathlib; root = pathlib.Path(celery_platform.__file__).parent;"
        "files = sorted(root.rglob('*.py'), key=str);"
        "print(hashlib.sha256(b''.join(file.read_bytes() for file in files)).hexdigest())"
    )
    files = sorted((REPOSITORY / "app" / "celery_platform").rglob("*.py"), key=str)
    expected = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    assert image.run("-c", code, entrypoint="python").stdout.decode().strip() == expected


def test_the_celery_instance_of_the_application_is_in_it(image: Built) -> None:
    module, _, attribute = load(ENVIRONMENT).application.celery.partition(":")
    code = f"import {module} as m; print(m.{attribute}.main, m.__file__)"

    found = image.run("-c", code, entrypoint="python")

    assert found.returncode == 0, found.stderr
    assert "/opt/celery/lib/" in found.stdout.decode()


def test_nothing_is_importable_as_app(image: Built) -> None:
    code = "import importlib.util; print(importlib.util.find_spec('app'))"

    assert image.run("-c", code, entrypoint="python").stdout.strip() == b"None"


def test_debian_packages_of_the_application_are_in_it(image: Built) -> None:
    """A Debian library that wheels of the application load, and that the base does not have."""
    release = release_of(load(ENVIRONMENT))
    with_library = replace(release, system_packages=("libxslt1.1",))
    name = build_release(image.podman, bootstrapped_base(image.podman), with_library)

    code = "import ctypes; ctypes.CDLL('libxslt.so.1')"
    assert image.run("-c", code, entrypoint="python").returncode != 0
    assert Built(image.podman, name).run("-c", code, entrypoint="python").returncode == 0


def test_the_command_runs_although_nothing_can_be_written(image: Built) -> None:
    run = image.run("--help")

    assert run.returncode == 0, run.stderr
    assert b"worker" in run.stdout


def test_it_does_not_run_as_root(image: Built) -> None:
    assert image.run("-u", entrypoint="id").stdout.strip() == b"10001"


@pytest.mark.parametrize("program", COMPILERS)
def test_it_has_nothing_to_compile_with(image: Built, program: str) -> None:
    found = image.run("-c", f"command -v {program}", entrypoint="sh")

    assert found.returncode != 0, found.stdout


def test_modules_were_compiled_when_it_was_built(image: Built) -> None:
    code = "import celery.app.base as m, pathlib; print(pathlib.Path(m.__cached__).exists())"

    assert image.run("-c", code, entrypoint="python").stdout.strip() == b"True"


def test_the_platform_weighs_no_more_than_it_may(archive: Path) -> None:
    size = pack.weigh(archive)

    assert 20 < size.platform <= pack.MAX_PLATFORM_MIB
    assert size.application > 0


def test_a_platform_that_weighs_more_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MAX_PLATFORM_MIB", 20)

    with pytest.raises(ImageError, match="at most 20 MiB"):
        pack.weigh(archive)


def test_an_application_may_weigh_what_it_likes(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = pack.compressed(archive)
    monkeypatch.setattr(pack, "MAX_PLATFORM_MIB", size.platform + size.application / 2)

    assert pack.weigh(archive).total > pack.MAX_PLATFORM_MIB


def test_the_list_of_contents_names_debian_and_python_packages(archive: Path, tmp_path: Path) -> None:
    sbom = tmp_path / "sbom.cdx.json"

    count = pack.write_sbom(archive, sbom)

    components = {
        component.get("purl", "").partition("@")[0] for component in json.loads(sbom.read_text())["components"]
    }
    assert {"pkg:pypi/celery", "pkg:pypi/celery-platform", "pkg:deb/debian/libc6"} <= components
    assert count > 100
