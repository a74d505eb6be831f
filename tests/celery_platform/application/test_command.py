"""`app run -- python manage.py migrate` runs the application's own script from any folder."""

from pathlib import Path

import pytest
from celery_platform.application.command import with_script
from celery_platform.errors import ApplicationError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The application's folder; the process runs in another one."""
    folder = tmp_path / "mysite"
    folder.mkdir()
    (folder / "manage.py").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    return folder


def test_a_script_that_is_not_in_this_folder_is_the_applications(home: Path) -> None:
    command = with_script(["python3", "manage.py", "migrate", "--no-input"], home)

    assert command == ["python3", str(home / "manage.py"), "migrate", "--no-input"]


def test_a_script_in_this_folder_takes_precedence(home: Path) -> None:
    Path("manage.py").touch()

    assert with_script(["python", "manage.py", "shell"], home) == ["python", "manage.py", "shell"]


@pytest.mark.parametrize("command", [["python", "-m", "django", "migrate"], ["python"], ["cat", "manage.py"]])
def test_any_other_command_is_left_alone(home: Path, command: list[str]) -> None:
    assert with_script(command, home) == command


def test_a_missing_script_is_refused(home: Path) -> None:
    with pytest.raises(ApplicationError) as refused:
        with_script(["python", "migrate.py"], home)

    assert "expected the script migrate.py" in str(refused.value)
    assert "`python -m django migrate`" in str(refused.value)
