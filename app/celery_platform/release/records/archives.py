"""Pack a folder so that equal content is an equal file, and unpack it again."""

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

FILE_MODE = 0o644


def pack(folder: Path, archive: Path) -> None:
    """Write a folder's files as a tar without times, owners or modes. Wheels are compressed already.

    Example: `pack(wheelhouse(), folder / "wheelhouse.tar")`
    """
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = tarfile.TarInfo(file.relative_to(folder).as_posix())
            content = file.read_bytes()
            member.size, member.mode = len(content), FILE_MODE
            tar.addfile(member, io.BytesIO(content))


def unpack(archive: Path, folder: Path) -> None:
    """Replace a folder by the content of an archive.

    Example: `unpack(folder / "chart.tar", folder / "chart")`
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
