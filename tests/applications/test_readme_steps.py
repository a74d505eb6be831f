"""The README's steps for an application of one's own, taken as they stand there in a copy of this checkout."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness.checkout import Checkout, Indented
from tests.harness.servers import REPOSITORY

PAGE = (REPOSITORY / "README.md").read_text()
SECTION = PAGE.partition("## Put your own application in\n")[2].partition("\n## ")[0]
DESCRIBED, OUTSIDE = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
FILES = {
    "requirements.txt": "celery\n",
    "notify/__init__.py": "",
    "notify/celery_app.py": (
        "from celery import Celery\nfrom celery_platform import attach\n\n"
        'celery = attach(Celery("notify", include=["notify.tasks"]))\n'
    ),
    "notify/tasks.py": (
        "from celery import shared_task\n\n\n@shared_task\ndef greet(name):\n    return f'Hello, {name}!'\n"
        "\n\n@shared_task\ndef digest():\n    return 'all of it'\n"
    ),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy, after the steps up to `make lock render`."""
    folder = tmp_path_factory.mktemp("clone")
    made = Checkout(_copied(folder))
    made.run("git", "init", "-q")
    project = _project(tmp_path_factory.mktemp("home") / "notify")
    made.run("bash", "-eo", "pipefail", "-c", _archive(project))
    local = folder / "environments" / "local"
    file = local / "environment.yml"
    file.write_text(yaml.dump(_with_sections(yaml.safe_load(file.read_text())), Dumper=Indented, sort_keys=False))
    (local / "services.yml").write_text(OUTSIDE)
    return made


@pytest.fixture(scope="module")
def said(checkout: Checkout) -> str:
    """By the lock and by the rendering."""
    words = (("application", "lock", "local"), ("environment", "render", "local"))
    return "".join(checkout.run("python", "-m", "celery_platform", *each) for each in words)


def _copied(folder: Path) -> Path:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, files):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    return folder


def _project(folder: Path) -> Path:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    person = ("-c", "user.name=You", "-c", "user.email=you@example.com")
    for words in (("init", "-q"), ("add", "-A"), (*person, "commit", "-q", "-m", "All of it")):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def _archive(project: Path) -> str:
    (line,) = re.findall(r"^\$ (git -C ~/notify .*?)\s*#", SECTION, re.MULTILINE)
    return str(line).replace("~/notify", str(project))


def _with_sections(described: dict[str, Any]) -> dict[str, Any]:
    """As the page says: its sections in the place of the example's, and no schedule."""
    assert "delete the example's `schedule` too" in SECTION
    return {name: value for name, value in (described | yaml.safe_load(DESCRIBED)).items() if name != "schedule"}


def test_the_project_comes_without_its_git(checkout: Checkout) -> None:
    names = {
        str(file.relative_to(checkout.folder / "app/notify")) for file in (checkout.folder / "app/notify").rglob("*")
    }

    assert names >= {"notify/tasks.py", "requirements.txt"}
    assert ".git" not in names


def test_the_commands_say_what_the_page_says(said: str) -> None:
    promised = re.findall(r"^wrote .+$", SECTION, re.MULTILINE)

    assert len(promised) == 2
    assert [line for line in promised if line not in said.splitlines()] == []


@pytest.mark.usefixtures("said")
def test_the_environment_is_valid(checkout: Checkout) -> None:
    assert "local/environment.yml is valid" in checkout.run(
        "python", "-m", "celery_platform", "environment", "validate", "local"
    )


@pytest.mark.usefixtures("said")
def test_what_stands_in_for_the_service_answers_where_the_service_is(checkout: Checkout) -> None:
    code = (
        "from emulated_region import plan; region = plan.read('local');"
        "print(region.outside.ports, dict(region.outside.secrets), region.outside_address)"
    )

    assert checkout.run("python", "-c", code).strip() == ("(8080,) {'signing_key': 'of-this-machine-only'} 10.90.0.12")


@pytest.mark.usefixtures("said")
def test_its_callers_get_the_variables_that_the_page_names(checkout: Checkout) -> None:
    resolved = json.loads((checkout.folder / "environments/local/resolved.json").read_text())

    assert resolved["application"]["variables"]["WEBHOOKS_URL"] == "http://10.90.0.12:8080"
    assert resolved["application"]["secrets"]["SIGNING_KEY"]["secret"] == "signing_key"
    assert resolved["secrets"]["signing_key"] == "celery-local/signing-key"


@pytest.mark.usefixtures("said")
def test_its_tasks_are_imported_and_each_goes_to_a_queue(checkout: Checkout) -> None:
    code = (
        "from celery_platform.application.loading import imported, import_tasks, add_checkout;"
        "from celery_platform.settings.resolved import read; from pathlib import Path;"
        "resolved = read(Path('environments/local/resolved.json')); add_checkout(resolved.application);"
        "celery = imported(resolved.application['celery']); import_tasks(celery);"
        "print([name in celery.tasks for name in ('notify.tasks.greet', 'notify.tasks.digest')])"
    )

    assert checkout.run("python", "-c", code).strip() == "[True, True]"
