"""Thumbnails of large pictures within bounded memory, and a contact sheet whose picture cannot be read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.servers import REPOSITORY
from tests.harness.waiting import eventually

MAKE = "from PIL import Image; Image.new('RGB', ({width}, {height}), 'teal').save({file!r})"
# The peak of a process of its own, over what it needs with a small picture.
MEASURE = """
import resource, sys
from pathlib import Path
from shop.tasks.thumbnails import _reduced
from PIL import Image
small = {small!r}
_reduced(Path(small).read_bytes(), 384, "small")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
made = _reduced(Path({file!r}).read_bytes(), 384, "large")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=REPOSITORY, capture_output=True, text=True,
                          check=False, timeout=240)  # fmt: skip


def picture(folder: Path, name: str, width: int, height: int) -> str:
    file = str(folder / name)
    made = python(MAKE.format(width=width, height=height, file=file))
    assert made.returncode == 0, made.stderr
    return file


@pytest.mark.server
@pytest.mark.parametrize(("suffix", "megabytes"), [("jpg", 60), ("png", 450)])
def test_a_picture_of_100_megapixels_needs_bounded_memory(tmp_path: Path, suffix: str, megabytes: int) -> None:
    small, large = picture(tmp_path, f"small.{suffix}", 800, 600), picture(tmp_path, f"large.{suffix}", 11_547, 8_660)
    measured = python(MEASURE.format(small=small, file=large))

    assert measured.returncode == 0, measured.stderr
    assert int(measured.stdout) < megabytes


@pytest.mark.server
def test_a_larger_one_that_must_be_decoded_whole_is_refused(tmp_path: Path) -> None:
    small, large = picture(tmp_path, "small.png", 800, 600), picture(tmp_path, "large.png", 11_547, 9_000)
    refused = python(MEASURE.format(small=small, file=large))

    assert "PermanentError: large has 11547 x 9000 pixels" in refused.stderr


SEND = """
from shop.tasks.thumbnails import contact_sheet
contact_sheet({image!r}).apply_async()
"""


@pytest.mark.parametrize("environment", ["rabbitmq", "sqs"], indirect=True)
def test_a_picture_that_cannot_be_read_leaves_a_note_in_place_of_its_sheet(environment: TestEnvironment) -> None:
    bucket = {"Bucket": environment.bucket("media")}
    s3 = environment.client("s3")
    s3.put_object(**bucket, Key="originals/broken.jpg", Body=b"not a picture")

    def note() -> dict[str, str] | None:
        keys = [each["Key"] for each in s3.list_objects_v2(**bucket, Prefix="sheets/broken").get("Contents", [])]
        if keys != ["sheets/broken.jpg.error.json"]:
            return None
        found: dict[str, str] = json.loads(s3.get_object(**bucket, Key=keys[0])["Body"].read())
        return found

    with environment.worker("cpu") as (_, log):
        environment.python(SEND.format(image="broken.jpg"))
        found = eventually(note, f"the note; log:\n{log.read_text()[-1500:]}")

    assert found is not None
    assert found["image"] == "broken.jpg"
    assert "broken.jpg is not a picture that can be read" in found["error"]
