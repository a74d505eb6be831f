"""A private package index: a folder for `--find-links`."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

PURE = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
# It only declares a compiled module, so that building it needs no compiler.
COMPILED = "from setuptools import Distribution, setup\nDistribution.has_ext_modules = lambda self: True\nsetup()\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


class Index:
    """Packages of a company, in addition to those of the public index."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        monkeypatch.setenv("UV_FIND_LINKS", str(folder))
        monkeypatch.setenv("PIP_FIND_LINKS", f"{folder} {os.environ.get('PIP_FIND_LINKS', '')}")

    def wheel(self, name: str, version: str, *modules: str, requires: tuple[str, ...] = ()) -> None:
        """Publish a wheel with these empty modules (`acme_orders/celery.py`)."""
        stem = f"{name.replace('-', '_')}-{version}"
        metadata = _metadata(name, version, requires)
        entries = {
            **dict.fromkeys(modules, ""),
            f"{stem}.dist-info/METADATA": metadata,
            f"{stem}.dist-info/WHEEL": WHEEL,
        }
        record = f"{stem}.dist-info/RECORD"
        entries[record] = "".join(f"{entry},,\n" for entry in (*entries, record))
        with zipfile.ZipFile(self.folder / f"{stem}-py3-none-any.whl", "w") as archive:
            for entry, content in entries.items():
                archive.writestr(entry, content)

    def source(self, name: str, version: str, *, compiled: bool) -> None:
        """Publish only source: pure Python, or with something to compile."""
        module = name.replace("-", "_")
        project = f'[project]\nname = "{name}"\nversion = "{version}"\n'
        files = {"PKG-INFO": _metadata(name, version, ()), f"{module}.py": ""}
        if compiled:
            files |= {"pyproject.toml": project, "setup.py": COMPILED}
        else:
            files |= {"pyproject.toml": PURE + project}
        with tarfile.open(self.folder / f"{module}-{version}.tar.gz", "w:gz") as archive:
            for file, content in files.items():
                entry = tarfile.TarInfo(f"{module}-{version}/{file}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content.encode()))


def _metadata(name: str, version: str, requires: tuple[str, ...]) -> str:
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    return "\n".join(["Metadata-Version: 2.2", *lines]) + "\n"
