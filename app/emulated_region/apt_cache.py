"""Debian packages that hosts have downloaded, kept for the next time.

One folder for each host, because apt locks the folder it downloads to. A new host starts with hard links to what all
others have, so a package is on the disk once.
"""

from pathlib import Path


def archive_folder(cache: Path, host: str) -> Path:
    """The folder to mount at the host's /var/cache/apt/archives, filled with what other hosts have downloaded.

    Example: `archive_folder(Path(".cache"), "celery-local-rabbitmq-1")`
    """
    folder = cache / "apt" / host
    folder.mkdir(parents=True, exist_ok=True)
    for package in sorted((cache / "apt").glob("*/*.deb")):
        link = folder / package.name
        if not link.exists():
            try:
                link.hardlink_to(package)
            except FileExistsError:  # a host that starts at the same time linked it first
                continue
            except FileNotFoundError:  # apt in a running host has just deleted it
                continue
    return folder
