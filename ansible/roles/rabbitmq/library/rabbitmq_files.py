#!/usr/bin/python
"""Write several files in one round trip; a loop of `copy` would take four for each file."""

import grp
import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: rabbitmq_files
short_description: Write several text files with their owners and modes
description:
  - Each file is replaced atomically. Missing parent folders are created.
  - Supports check mode and diff. Not for secrets, because a diff would show them.
options:
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      path: {type: str, required: true, description: Path of the file.}
      content: {type: str, required: true, description: Content of the file.}
      group: {type: str, default: root, description: "Group of the file. The owner is root."}
      mode: {type: str, default: "0644", description: Mode in octal.}
"""

RETURN = """
written:
  description: Paths of the files that were changed.
  type: list
  returned: always
checksums:
  description: SHA-256 of each file by path. In check mode, of the content that would be written.
  type: dict
  returned: always
"""


def differs(path: Path, entry: dict[str, Any]) -> bool:
    """Whether content, owner, group or mode differ."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return True
    return (
        path.read_bytes() != entry["content"].encode()
        or there.st_uid != 0
        or there.st_gid != _group(entry["group"])
        or stat.S_IMODE(there.st_mode) != int(entry["mode"], 8)
    )


def write(path: Path, entry: dict[str, Any]) -> None:
    """Replace the file."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(entry["content"].encode())
        os.fchown(file.fileno(), pwd.getpwnam("root").pw_uid, grp.getgrnam(entry["group"]).gr_gid)
        os.fchmod(file.fileno(), int(entry["mode"], 8))
    Path(beside).replace(path)


def _group(name: str) -> int | None:
    """None if the group does not exist yet, as in check mode on a new host, where a package creates it later."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def _diff(path: Path, entry: dict[str, Any]) -> dict[str, str]:
    before = path.read_text() if path.exists() else ""
    return {"before_header": str(path), "after_header": str(path), "before": before, "after": entry["content"]}


def main() -> None:
    """Ansible's entry point."""
    options = {
        "path": {"type": "str", "required": True},
        "content": {"type": "str", "required": True},
        "group": {"type": "str", "default": "root"},
        "mode": {"type": "str", "default": "0644"},
    }
    files = {"type": "list", "elements": "dict", "required": True, "options": options}
    module = AnsibleModule(argument_spec={"files": files}, supports_check_mode=True)
    stale = [(Path(entry["path"]), entry) for entry in module.params["files"]]
    stale = [(path, entry) for path, entry in stale if differs(path, entry)]
    diff = [_diff(path, entry) for path, entry in stale]
    if not module.check_mode:
        for path, entry in stale:
            write(path, entry)
    checksums = {
        entry["path"]: hashlib.sha256(entry["content"].encode()).hexdigest() for entry in module.params["files"]
    }
    written = [str(path) for path, _ in stale]
    module.exit_json(changed=bool(stale), written=written, checksums=checksums, diff=diff)


if __name__ == "__main__":
    main()
