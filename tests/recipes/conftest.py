"""One copy of the checkout, with a small application in it; each test begins with it as it was."""

from collections.abc import Iterator

import pytest

from tests.harness.checkout import Checkout, without_example

AUTHOR = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")


@pytest.fixture(scope="session")
def _copy(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Rendered, locked and committed."""
    made = without_example(tmp_path_factory.mktemp("recipes"))
    made.run("app", "environment", "render")
    made.run("app", "application", "lock")
    made.run("git", "add", "--all")
    made.run("git", *AUTHOR, "commit", "--quiet", "--message", "As copied")
    return made


@pytest.fixture
def checkout(_copy: Checkout) -> Iterator[Checkout]:
    yield _copy
    _copy.run("git", "reset", "--quiet", "--hard")
    # With what Git ignores: bytecode would keep the folder of a package that a test added.
    _copy.run("git", "clean", "--quiet", "--force", "-d", "-x")
