"""People whom somebody with rights on the console's host has admitted, each to one session.

Whoever wants in makes a token and keeps it. Only the token's digest reaches the host: no command line, log of a shell's
session or record of an API's call has anything that opens the console.
"""

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from celery_platform.errors import SettingsError

# Between the command that admits somebody and the browser that opens the address.
SECONDS = 120
DIGEST = re.compile(r"[0-9a-f]{64}")
MOST_CHARACTERS = 256


def digest_of(token: str) -> str:
    """What is told to the host of a token.

    Example: `len(digest_of("a token")) == 64`
    """
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Admissions:
    """A file for each in a folder in which only the console's user and root may write. The console creates it.

    Example: `Admissions(Path("/run/celery-console/admissions")).admit(digest_of(token), "ann")`
    """

    folder: Path

    def check(self) -> None:
        """Find out when the console starts whether people can be admitted.

        Raises:
            SettingsError: they cannot, or anybody could admit themselves.
        """
        with suppress(OSError):
            self.folder.mkdir(mode=0o700)
        mode = self.folder.stat().st_mode if self.folder.is_dir() else 0
        if mode & 0o022 or not os.access(self.folder, os.W_OK | os.X_OK):
            raise SettingsError(
                expected=f"a folder {self.folder} in which this user may write, and no other",
                found="one in which others may write, too" if mode & 0o022 else "none in which it may",
                remedy="Create it with the mode 0700 and this user as its owner.",
            )

    def admit(self, digest: str, name: str) -> None:
        """Let whoever has the token of this digest open one session, under this name, within two minutes.

        Raises:
            SettingsError: it is no digest, or the console does not run here.
        """
        if not DIGEST.fullmatch(digest) or not 0 < len(name) <= MOST_CHARACTERS or not name.isprintable():
            raise SettingsError(
                expected="the SHA-256 of a token as 64 hexadecimal digits, and the name of a person",
                found=f"{digest[:80]!r} and {name[:80]!r}",
                remedy="`make console` gives both.",
            )
        written = self.folder / f"{digest}.new"
        try:
            written.touch(mode=0o600)
            written.write_text(json.dumps({"name": name, "until": time.time() + SECONDS}))
            written.replace(self.folder / digest)
            self._forget_old()
        except OSError as error:
            raise SettingsError(
                expected=f"a console that admits people in {self.folder}",
                found=str(error),
                remedy="Run this as the console's user, where it runs: `systemctl status celery-console`.",
            ) from None

    def name_for(self, token: str) -> str | None:
        """The name of whoever was admitted with this token, which is worth nothing afterwards; `None` if nobody was."""
        file = self.folder / digest_of(token)
        with suppress(OSError, ValueError):  # of two who come at once, the second finds nothing to remove
            admitted = json.loads(file.read_text())
            file.unlink()
            if admitted["until"] > time.time():
                return str(admitted["name"])
        return None

    def _forget_old(self) -> None:
        for file in self.folder.iterdir():
            with suppress(OSError):
                if file.stat().st_mtime < time.time() - SECONDS:
                    file.unlink()
