"""The container image: small, not root, nothing to compile with, and it works where nothing may be written."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery_platform.errors import ImageError
from container_image import pack
from container_image.build import REPOSITORY, bootstrapped_base, build, project_podman
from region.podman import Podman

pytestmark = pytest.mark.image
COMPILERS = ("gcc", "cc", "c++", "clang", "ld", "as", "make")


@dataclass(frozen=True)
class Built:
    """An image, and how podman is called for it."""

    podman: Podman
    name: str

    def run(self, *words: str, entrypoint: str = "app") -> subprocess.CompletedProcess[bytes]:
        """Run it as a pod does: read-only, without capabilities, with a place for temporary files alone."""
        return self.podman.attempt(
            "run", "--rm", "--network=none", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all",
            "--security-opt=no-new-privileges", "--tmpfs=/tmp:mode=1777", f"--entrypoint={entrypoint}",
            self.name, *words,
        )  # fmt: skip


@pytest.fixture(scope="module")
def image() -> Built:
    podman = project_podman()
    return Built(podman, build(podman, bootstrapped_base(podman)))


@pytest.fixture(scope="module")
def archive(image: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("image")
    pack.archive(image.podman, image.name, folder / "app.oci.tar")
    yield folder / "app.oci.tar"
    shutil.rmtree(folder)


def test_a_second_build_of_the_same_sources_is_the_same_image(image: Built) -> None:
    assert build(image.podman, bootstrapped_base(image.podman)) == image.name


def test_it_holds_the_app_of_this_checkout(image: Built) -> None:
    code = (
        "import app, hashlib, pathlib; root = pathlib.Path(app.__file__).parent;"
        "files = sorted(root.rglob('*.py'), key=str);"
        "print(hashlib.sha256(b''.join(file.read_bytes() for file in files)).hexdigest())"
    )
    root = REPOSITORY / "app"
    files = sorted((file for file in root.rglob("*.py") if file.relative_to(root).parts[0] != "image"), key=str)
    expected = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    assert image.run("-c", code, entrypoint="python").stdout.decode().strip() == expected


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


def test_it_weighs_no_more_than_it_may(archive: Path) -> None:
    assert 20 < pack.weigh(archive) <= pack.MAX_COMPRESSED_MIB


def test_an_image_that_weighs_more_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "MAX_COMPRESSED_MIB", 20)

    with pytest.raises(ImageError, match="at most 20 MiB"):
        pack.weigh(archive)


def test_the_list_of_contents_names_debian_and_python_packages(archive: Path, tmp_path: Path) -> None:
    sbom = tmp_path / "sbom.cdx.json"

    count = pack.write_sbom(archive, sbom)

    components = {
        component.get("purl", "").partition("@")[0] for component in json.loads(sbom.read_text())["components"]
    }
    assert {"pkg:pypi/celery", "pkg:pypi/celery-platform", "pkg:deb/debian/libc6"} <= components
    assert count > 100
