"""Three thumbnails of a picture, joined into a contact sheet."""

import io
import json
from typing import Any

from celery import chord
from celery_platform.reliability.errors import PermanentError

from shop.celery import celery
from shop.services import media

# Longest side in pixels.
SIZES = {"small": 96, "medium": 192, "large": 384}
MARGIN_PIXELS = 12
# With four bytes per pixel this is 400 MB, which each process of a pool for thumbnails must be able to use.
MAX_DECODED_PIXELS = 100_000_000


def original_key(image: str) -> str:
    """The key of the picture `image`."""
    return f"originals/{image}"


def sheet_key(image: str) -> str:
    """The key of the contact sheet of `image`."""
    return f"sheets/{image}.jpg"


def failure_key(image: str) -> str:
    """The key of a note with the reason why `image` has no contact sheet."""
    return f"sheets/{image}.error.json"


def thumbnail_key(image: str, size: str) -> str:
    """The key of a thumbnail of `image`."""
    return f"{thumbnails_prefix(image)}{size}.jpg"


def thumbnails_prefix(image: str) -> str:
    """The prefix of the keys of all thumbnails of `image`."""
    return f"thumbnails/{image}/"


def contact_sheet(image: str) -> Any:
    """The pipeline of one picture: three thumbnails in parallel, then the contact sheet, or a note after an error.

    Example: `contact_sheet("cat.jpg").apply_async()`
    """
    header = [resize_image.s(image, size) for size in SIZES]
    return chord(header, combine_thumbnails.s(image=image).on_error(record_failed_sheet.s(image=image)))


@celery.task(name="shop.tasks.thumbnails.resize_image", ignore_result=False)
def resize_image(image: str, size: str) -> str:
    """Write one thumbnail; returns its key for the next step of the chord.

    Raises:
        PermanentError: the picture does not exist or is invalid.
    """
    thumbnail = _reduced(media.read(original_key(image)), SIZES[size], image)
    key = thumbnail_key(image, size)
    media.write(key, thumbnail, "image/jpeg")
    return key


@celery.task(name="shop.tasks.thumbnails.combine_thumbnails")
def combine_thumbnails(keys: list[str], image: str) -> str:
    """Write the contact sheet of a picture's thumbnails, largest last; returns its key."""
    from PIL import Image

    pictures = [Image.open(io.BytesIO(media.read(key))) for key in keys]
    width = sum(picture.width for picture in pictures) + MARGIN_PIXELS * (len(pictures) + 1)
    height = max(picture.height for picture in pictures) + 2 * MARGIN_PIXELS
    sheet = Image.new("RGB", (width, height), "white")
    left = MARGIN_PIXELS
    for picture in pictures:
        sheet.paste(picture, (left, (height - picture.height) // 2))
        left += picture.width + MARGIN_PIXELS
    media.write(sheet_key(image), _jpeg(sheet), "image/jpeg")
    return sheet_key(image)


@celery.task(name="shop.tasks.thumbnails.record_failed_sheet")
def record_failed_sheet(request: Any, error: Any, _traceback: Any, *, image: str) -> None:
    """Write a note that a sheet failed. Celery calls this in the worker in which the failure was found."""
    note = {"image": image, "task_id": request.id, "error": str(error)}
    media.write(failure_key(image), json.dumps(note).encode(), "application/json")


def _reduced(content: bytes, longest: int, image: str) -> bytes:
    """A JPEG whose longest side is `longest` pixels.

    A JPEG is decoded directly to about the wanted size, so 100 megapixels need about as much memory as their file.
    Other formats are decoded completely, and refused above `MAX_DECODED_PIXELS`. Pillow itself refuses any picture
    beyond twice its `MAX_IMAGE_PIXELS` (179 megapixels), as a decompression bomb.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.format != "JPEG" and picture.width * picture.height > MAX_DECODED_PIXELS:
                raise PermanentError(f"{image} has {picture.width} x {picture.height} pixels: too many to decode")
            # Reduced before it is copied.
            picture.thumbnail((longest, longest))
            return _jpeg(ImageOps.exif_transpose(picture).convert("RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise PermanentError(f"{image} is not a picture that can be read: {error}") from error


def _jpeg(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
