"""Other releases of the application: a wheelhouse with a changed wheel and otherwise the same wheels."""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

WHEELHOUSE = Path(__file__).parents[2] / "dist" / "wheelhouse"
CHANGED = "celery_platform/worker/start.py"
NEXT, BROKEN = "# The next release.\n", "raise RuntimeError('this release does not start')\n"


def release(folder: Path, first_line: str) -> Path:
    """A wheelhouse whose application differs in its first line of `celery_platform/worker/start.py`.

    Example: `release(tmp_path, BROKEN)`
    """
    shutil.copytree(WHEELHOUSE, folder, copy_function=os.link)
    (wheel,) = folder.glob("celery_platform-*.whl")
    with zipfile.ZipFile(wheel) as old:
        entries = [(entry, old.read(entry)) for entry in old.infolist()]
    wheel.unlink()  # a hard link, so the original must not change
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as new:
        for entry, content in entries:
            new.writestr(entry, first_line.encode() + content if entry.filename == CHANGED else content)
    about = json.loads((folder / "app.json").read_text())
    about["release"] = hashlib.sha256(first_line.encode()).hexdigest()[:12]
    (folder / "app.json").unlink()
    (folder / "app.json").write_text(json.dumps(about))
    return folder
