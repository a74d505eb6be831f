"""Collect what a host installs: the app's wheel and every wheel of requirements.lock, for the host's Python and CPU.

    python -m celery_platform.release.wheelhouse prod

Hosts install from this folder alone (`pip --no-index`), so a deploy needs no package index and cannot pick another
version than the one tested. `app.json` in it names the app's wheel and a digest of the whole, by which Ansible knows
whether a host is current.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from celery_platform.environment import EnvironmentFileError, load, resolve

REPOSITORY = Path(__file__).parents[3]
WHEELHOUSE = REPOSITORY / "dist" / "wheelhouse"
MANIFEST = "app.json"


def sources_digest(target: str) -> str:
    """A digest of everything the wheelhouse is made from; `target` names the Python and CPU it is for."""
    digest = hashlib.sha256(target.encode())
    for file in [
        REPOSITORY / "pyproject.toml",
        REPOSITORY / "requirements.lock",
        *sorted((REPOSITORY / "app").rglob("*")),
    ]:
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(str(file.relative_to(REPOSITORY)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def is_current(digest: str) -> bool:
    """Whether the wheelhouse was made from these sources."""
    manifest = WHEELHOUSE / MANIFEST
    return manifest.exists() and json.loads(manifest.read_text())["sources"] == digest


def build(python_version: str, *machines: str) -> bool:
    """Make the wheelhouse for hosts with this Python (`3.13`) and these CPUs (`x86_64`); return whether there was work.

    Wheels of several CPUs lie side by side: pip takes those that fit the host.

    Raises:
        subprocess.CalledProcessError: a wheel is missing for that Python and CPU, or the app does not build.
    """
    digest = sources_digest(f"{python_version} {' '.join(machines)}")
    if is_current(digest):
        return False
    shutil.rmtree(WHEELHOUSE, ignore_errors=True)
    for machine in machines:
        platforms = [f"--platform={tag}_{machine}" for tag in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]
        subprocess.run(
            [sys.executable, "-m", "pip", "-qq", "download", "--no-deps", "--only-binary=:all:", "--require-hashes",
             f"--python-version={python_version}", *platforms, f"--dest={WHEELHOUSE}",
             "--requirement=requirements.lock"],
            cwd=REPOSITORY, check=True,
        )  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", f"--outdir={WHEELHOUSE}"],
        cwd=REPOSITORY, check=True, capture_output=True,
    )  # fmt: skip
    (app_wheel,) = WHEELHOUSE.glob("celery_platform-*.whl")
    manifest = {"sources": digest, "wheel": app_wheel.name}
    (WHEELHOUSE / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return True


def main() -> int:
    """Build for the environment named on the command line and say what happened in one line."""
    try:
        hosts = resolve(load(sys.argv[1]))["hosts"]
        worked = build(hosts["python_version"], *hosts["machines"])
    except EnvironmentFileError as error:
        print(error, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(
            f"the wheelhouse could not be made: {' '.join(error.cmd[:4])} ... exited {error.returncode}",
            file=sys.stderr,
        )
        return 1
    state = "built" if worked else "current"
    print(f"{state}: dist/wheelhouse for Python {hosts['python_version']} on {', '.join(hosts['machines'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
