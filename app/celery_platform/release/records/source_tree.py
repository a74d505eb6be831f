"""The commit of what is released, and whether anything differs from it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from celery_platform.errors import ReleaseError

SHOWN_FILES = 5


@dataclass(frozen=True)
class SourceTree:
    """A commit, and the files that differ from it: changed, deleted, or not in version control and not ignored."""

    commit: str
    changed: tuple[str, ...]


def source_tree(checkout: Path, environments: Path) -> SourceTree:
    """The commit of a checkout. Environment files that lie outside of it must be in version control as well.

    Raises:
        ReleaseError: a folder is not in version control.

    Example: `source_tree(checkout(), environments_folder()).changed == ()`
    """
    commit = _git(checkout, "rev-parse", "HEAD").strip()
    changed = _changed(checkout)
    if not environments.resolve().is_relative_to(checkout.resolve()):
        changed += _changed(environments)
    return SourceTree(commit, tuple(changed))


def refuse_changes(tree: SourceTree) -> None:
    """Refuse a tree in which anything differs from its commit: nobody could build that release again.

    Raises:
        ReleaseError: files differ.
    """
    if tree.changed:
        more = len(tree.changed) - SHOWN_FILES
        raise ReleaseError(
            expected=f"the tree of commit {tree.commit[:12]}",
            found="changes in " + ", ".join(tree.changed[:SHOWN_FILES]) + (f" and {more} more" if more > 0 else ""),
            remedy="Commit or remove them and build again. For an experiment: `make push ALLOW_DIRTY=1`, which marks "
            "the record.",
        )


def _changed(folder: Path) -> list[str]:
    """Paths as `git status` prints them; of a renamed file, the new one."""
    listed = _git(folder, "status", "--porcelain", "--untracked-files=all", "--no-renames", "-z", "--", ".")
    return [entry[3:] for entry in listed.split("\0") if entry]


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(
            expected=f"{folder} in a git repository with a commit",
            found=done.stderr.strip() or f"exit code {done.returncode} of git",
            remedy="Push from a clone; a record names the commit that it was built from.",
        )
    return done.stdout
