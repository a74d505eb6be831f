"""The example can be deleted: with a ten-line application in its place, everything that a change must pass is green."""

import json
import re
from pathlib import Path

import pytest
from celery_platform.environment.load import names

from tests.harness.checkout import Checkout, without_example

pytestmark = pytest.mark.timeout(900)

PLATFORM = ("app/celery_platform", "app/chart", "app/container_image", "terraform", "ansible", "environments")
# The example's package, its folder, its tasks and its services.
ITS_NAMES = re.compile(
    r"\b(import shop|from shop|shop\.(celery|tasks|orders|producer|services|demo)|app/example|payment_gateway|"
    r"metrics_api|send_email|charge_customer|resize_image|fetch_social_metrics|send_report|thumbnails?)\b"
)
# What asks no server, no account and no hour: the model, the chart, the alerts, the commands.
FAST = (
    "tests/environment", "tests/chart", "tests/observability/test_alert_rules.py",
    "tests/observability/test_runbook.py", "tests/observability/test_redaction.py",
    "tests/celery_platform/brokers/test_topology.py",
    "tests/celery_platform/dead_letters/test_message.py",
)  # fmt: skip
SLOWER = ("--ignore=tests/environment/test_fuzz.py", "--ignore=tests/chart/test_backlog.py")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Rendered and locked, as after `make render` and `app application lock`."""
    made = without_example(tmp_path_factory.mktemp("without-example"))
    made.run("python", "-m", "celery_platform", "environment", "render")
    made.run("python", "-m", "celery_platform", "application", "lock", "local")
    return made


def test_nothing_of_the_platform_names_the_example(checkout: Checkout) -> None:
    said = [
        f"{name}: {found[0]}"
        for name in checkout.files()
        if name.startswith(PLATFORM) and not name.endswith((".md", ".svg", ".png"))
        for found in ITS_NAMES.finditer((checkout.folder / name).read_text(errors="replace"))
    ]

    assert said == []


@pytest.mark.parametrize(
    "linter",
    ["ruff check .", "ruff format --check .", "mypy", "lint-imports --no-cache", "yamllint --strict ."],
)
def test_the_linters_have_nothing_to_say(checkout: Checkout, linter: str) -> None:
    checkout.run(*linter.split())


def test_every_environment_is_valid_and_rendered(checkout: Checkout) -> None:
    said = checkout.run("python", "-m", "celery_platform", "environment", "validate")

    assert said.count(" is valid: ") == len(names())


def test_the_application_is_imported_with_its_task(checkout: Checkout) -> None:
    code = "from celery_platform.application.loading import imported; print(*imported('greetings:celery').tasks)"

    assert "greetings.greet" in checkout.run("python", "-c", code)


def test_the_chart_renders_for_it(checkout: Checkout) -> None:
    image = "image=registry.example.com/greetings@sha256:" + "0" * 64
    code = (
        "import sys; from celery_platform.release import helm;"
        f"authority = helm.discovery({{'broker_ca_certificate': 'PEM'}});"
        f"print(helm.template('-f', sys.argv[1], '--set', {image!r}, *authority))"
    )

    assert "worker-io" in checkout.run("python", "-c", code, "environments/prod/resolved.json")


@pytest.mark.terraform
def test_an_environment_plans(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run("python", "terraform/run.py", "plan", "dev", "--json", str(tmp_path / "plan.json"), seconds=600)

    planned = json.loads((tmp_path / "plan.json").read_text())["resource_changes"]
    queues = [one["change"]["after"]["name"] for one in planned if one["type"] == "aws_sqs_queue"]
    assert sorted(queues) == ["celery-dev-greetings", "celery-dev-greetings-dlq"]


def test_all_tests_are_collected_and_the_fast_ones_pass(checkout: Checkout) -> None:
    checkout.run("python", "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests")
    checkout.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *FAST, *SLOWER, seconds=600)
