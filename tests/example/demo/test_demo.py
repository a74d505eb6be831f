"""The demo, with real workers on each broker, and with what it must find out."""

import json
import os
import subprocess
import sys
from pathlib import Path

from celery_platform.environment.resolve import resolve
from PIL import Image

from tests.harness.environment import LOCAL, TestEnvironment, described

DEMO = ("run", "--", "python", "-m", "shop", "demo")


def test_the_demo_passes_with_workers_of_both_pools(environment: TestEnvironment, tmp_path: Path) -> None:
    with environment.worker("io") as (_, io_log), environment.worker("cpu") as (_, cpu_log):
        demo = environment.app(*DEMO, "--output", str(tmp_path), "--each", "10")

    assert demo.returncode == 0, demo.stdout + io_log.read_text()[-3000:] + cpu_log.read_text()[-3000:]
    assert "Nothing lost, nothing duplicated" in demo.stdout
    sheets = sorted(tmp_path.glob("*-sheet.jpg"))
    assert len(sheets) == 5
    for sheet in sheets:
        with Image.open(sheet) as picture:
            assert picture.width > 96 + 192 + 384 - 300
    for log in (io_log, cpu_log):
        assert "Unrecoverable" not in log.read_text()


def test_without_workers_the_demo_names_what_did_not_end(sqs: TestEnvironment, tmp_path: Path) -> None:
    demo = sqs.app(*DEMO, "--output", str(tmp_path), "--each", "4", "--patience", "5")

    assert demo.returncode == 1
    assert "tasks did not end" in demo.stdout
    assert "Traceback" not in demo.stdout
    with sqs.worker("io"), sqs.worker("cpu"):  # leave no work behind for other tests
        assert sqs.app(*DEMO, "--output", str(tmp_path), "--each", "4").returncode == 0


def test_a_folder_without_photographs_is_refused(sqs: TestEnvironment, tmp_path: Path) -> None:
    demo = sqs.app(*DEMO, "--images", str(tmp_path))

    assert demo.returncode == 2
    assert "expected: photographs" in demo.stdout
    assert "Traceback" not in demo.stdout


def test_an_environment_of_another_application_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "resolved.json"
    file.write_text(json.dumps(resolve(described(LOCAL))))

    demo = subprocess.run(
        [sys.executable, "-m", "shop", "demo"], env=os.environ | {"CELERY_ENVIRONMENT_FILE": str(file)}, check=False,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert demo.returncode == 2
    assert "an environment of the example application (app/example), which the demo needs" in demo.stderr
    assert "application.celery exercises.celery:celery in environment local" in demo.stderr
    assert "Traceback" not in demo.stderr
