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
# At four bytes each this is 400 MB, which each process of a pool of thumbnails must be able to take.
MAX_DECODED_PIXELS = 100_000_000


def original_key(image: str) -> str:
    """Where the picture `image` is put before its thumbnails are asked for."""
    return f"originals/{image}"


def sheet_key(image: str) -> str:
    """Where the contact sheet of `image` will be."""
    return f"sheets/{image}.jpg"


def failure_key(image: str) -> str:
    """Where a note will be, with the reason, when the contact sheet of `image` will not come."""
    return f"sheets/{image}.error.json"


def thumbnail_key(image: str, size: str) -> str:
    """Where one thumbnail of `image` will be."""
    return f"{thumbnails_prefix(image)}{size}.jpg"


def thumbnails_prefix(image: str) -> str:
    """What the keys of all thumbnails of `image` start with."""
    return f"thumbnails/{image}/"


def contact_sheet(image: str) -> Any:
    """The pipeline of one picture: three sizes side by side, then the sheet; an error leaves a note in its place.

    Example: `contact_sheet("cat.jpg").apply_async()`
    """
    header = [resize_image.s(image, size) for size in SIZES]
    return chord(header, combine_thumbnails.s(image=image).on_error(record_failed_sheet.s(image=image)))


@celery.task(name="shop.tasks.thumbnails.resize_image", ignore_result=False)
def resize_image(image: str, size: str) -> str:
    """Write one thumbnail; returns its key, which the chord hands on.

    Raises:
        PermanentError: there is no such picture, or it is not one.
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
    """Note in the bucket that a sheet will not come. Celery calls it in the worker that found the failure."""
    note = {"image": image, "task_id": request.id, "error": str(error)}
    media.write(failure_key(image), json.dumps(note).encode(), "application/json")


def _reduced(content: bytes, longest: int, image: str) -> bytes:
    """A JPEG whose longest side is `longest` pixels.

    A JPEG is decoded straight to about the wanted size, so 100 megapixels need about as much memory as their file.
    Other formats are decoded whole, and refused beyond `MAX_DECODED_PIXELS`. Pillow itself refuses any picture beyond
    twice its `MAX_IMAGE_PIXELS` (179 megapixels), as a decompression bomb.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.format != "JPEG" and picture.width * picture.height > MAX_DECODED_PIXELS:
                raise PermanentError(f"{image} has {picture.width} x {picture.height} pixels: more than is decoded")
            # Reduced before anything copies it.
            picture.thumbnail((longest, longest))
            return _jpeg(ImageOps.exif_transpose(picture).convert("RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise PermanentError(f"{image} is not a picture that can be read: {error}") from error


def _jpeg(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
