"""A cache of Debian packages that hosts downloaded.

Each host has its own folder, because apt locks its download folder. A new host starts with hard links to the packages of
all others, so each package is on the disk only once.
"""

from pathlib import Path


def archive_folder(cache: Path, host: str) -> Path:
    """The folder to mount at the host's /var/cache/apt/archives, with packages that other hosts downloaded.

    Example: `archive_folder(Path(".cache"), "celery-local-rabbitmq-1")`
    """
    folder = cache / "apt" / host
    folder.mkdir(parents=True, exist_ok=True)
    for package in sorted((cache / "apt").glob("*/*.deb")):
        link = folder / package.name
        if not link.exists():
            try:
                link.hardlink_to(package)
            except FileExistsError:  # another host, which starts at the same time, was faster
                continue
            except FileNotFoundError:  # apt in a running host has just deleted it
                continue
    return folder
