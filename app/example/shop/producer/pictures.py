"""Accept pictures, and report the state of their contact sheets from the contents of the bucket."""

import json
import re
import uuid

from celery_platform.reliability.errors import PermanentError

from shop.producer.answer import Answer, RefuseError
from shop.producer.orders import NAMESPACE
from shop.producer.publishing import Publisher
from shop.services import media
from shop.tasks.thumbnails import SIZES, contact_sheet, failure_key, original_key, sheet_key, thumbnails_prefix

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")


def picture_of(key: str, name: str) -> str:
    """The id of the picture in a request, which is different for each Idempotency-Key.

    Raises:
        RefuseError: 400, the name is invalid.
    """
    if not NAME.fullmatch(name):
        raise RefuseError(400, "a picture's name has letters, digits, dots, dashes, and at most 100 of them")
    return f"{uuid.uuid5(NAMESPACE, key)}/{name}"


def take(picture: str, content: bytes, publisher: Publisher) -> Answer:
    """Store the picture and publish the tasks for its contact sheet.

    Raises:
        PublishingError: the broker did not accept the tasks; the same request may be repeated.
        RefuseError: 400, it is empty.
    """
    if not content:
        raise RefuseError(400, "expected the picture in the request's body")
    media.write(original_key(picture), content, "application/octet-stream")
    publisher.run(lambda: contact_sheet(picture).apply_async())
    return Answer(202, {"picture": picture, "status": f"/pictures/{picture}"})


def status(picture: str) -> Answer:
    """The state of the contact sheet: number of thumbnails, finished sheet, or the reason of the failure.

    Raises:
        RefuseError: 404, there is no such picture.
    """
    there = media.keys(original_key(picture)) | media.keys(sheet_key(picture)) | media.keys(failure_key(picture))
    if original_key(picture) not in there:
        raise RefuseError(404, f"no picture {picture}")
    done = sheet_key(picture) in there
    made = len(media.keys(thumbnails_prefix(picture)))
    body = {"picture": picture, "state": "working", "progress": f"{made + done}/{len(SIZES) + 1}"}
    if done:
        body |= {"state": "done", "sheet": f"/pictures/{picture}/sheet"}
    elif failure_key(picture) in there:
        body |= {"state": "failed", "error": json.loads(media.read(failure_key(picture)))["error"]}
    return Answer(200, body)


def sheet(picture: str) -> bytes:
    """The contact sheet, a JPEG.

    Raises:
        RefuseError: 404, it does not exist yet.
    """
    try:
        return media.read(sheet_key(picture))
    except PermanentError as error:
        raise RefuseError(404, f"no contact sheet of {picture} yet") from error
