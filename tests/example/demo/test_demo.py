"""The demo, with real workers on each broker, and with what it must find out."""

from pathlib import Path

from PIL import Image

from tests.harness.environment import TestEnvironment

DEMO = ("run", "--", "python", "-m", "shop", "demo")


def test_the_demo_passes_with_workers_of_both_pools(environment: TestEnvironment, tmp_path: Path) -> None:
    with environment.worker("io") as (_, io_log), environment.worker("cpu") as (_, cpu_log):
        demo = environment.app(*DEMO, "--output", str(tmp_path), "--each", "10")

    assert demo.returncode == 0, demo.stdout + io_log.read_text()[-3000:] + cpu_log.read_text()[-3000:]
    assert "Nothing lost, no effect repeated" in demo.stdout
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
    assert "expected photographs" in demo.stdout
    assert "Traceback" not in demo.stdout
