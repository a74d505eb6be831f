"""The bucket of pictures, thumbnails, contact sheets and reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from celery_platform.reliability.errors import PermanentError, TransientError
from celery_platform.settings.discovery import client

from shop.needs import needed


@lru_cache(maxsize=1)
def _s3() -> Any:
    return client("s3")


def read(key: str) -> bytes:
    """The object's content.

    Raises:
        PermanentError: the object does not exist, or reading it is not allowed.
        TransientError: S3 does not respond, or responds with 5xx.
    """
    with _sorted(f"read {key}"):
        return bytes(_s3().get_object(Bucket=needed("BUCKET_MEDIA"), Key=key)["Body"].read())


def write(key: str, content: bytes, content_type: str) -> None:
    """Write an object. The same key replaces it, so a second run changes nothing.

    Raises:
        PermanentError, TransientError: as `read`.
    """
    with _sorted(f"write {key}"):
        bucket = needed("BUCKET_MEDIA")
        _s3().put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)


def keys(prefix: str) -> set[str]:
    """The keys that start with `prefix`, at most a thousand.

    Raises:
        PermanentError, TransientError: as `read`.
    """
    with _sorted(f"list {prefix}"):
        answer = _s3().list_objects_v2(Bucket=needed("BUCKET_MEDIA"), Prefix=prefix)
    return {entry["Key"] for entry in answer.get("Contents", [])}


@contextmanager
def _sorted(what: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        kind = PermanentError if 400 <= status < 500 and status != 429 else TransientError
        raise kind(f"{what}: {error}") from error
    except BotoCoreError as error:
        raise TransientError(f"{what}: {error}") from error
