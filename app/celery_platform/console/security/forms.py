"""Forms: only those that this console showed to the same person are done."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from celery_platform.console.security.person import Person

FIELD = "csrf"
MOST_BYTES = 65_536
MOST_FIELDS = 50


@dataclass(frozen=True)
class Forms:
    """Writes a token into each form, and reads forms that have it. Its key lives as long as the process."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def token(self, person: Person) -> str:
        """The token of the forms that a person sees."""
        return hmac.new(self.key, person.session.encode(), hashlib.sha256).hexdigest()

    async def read(self, request: Request, person: Person) -> dict[str, str]:
        """The fields of a form that was sent; of a repeated field the last.

        Raises:
            HTTPException: 403, it came from another site or without its token; 413 or 415, it is none of ours.
        """
        if not _of_this_site(request):
            raise HTTPException(403, "This form was sent by another site. Nothing was done.")
        if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
            raise HTTPException(415, "Only the console's own forms are read. Nothing was done.")
        fields = _parsed(await _body(request))
        form = {name: values[-1] for name, values in fields.items()}
        if not hmac.compare_digest(form.pop(FIELD, "").encode(), self.token(person).encode()):
            raise HTTPException(
                403, "The form has no valid token: its page is from before a restart or a sign-in. Nothing was done. "
                "Load the page again."
            )  # fmt: skip
        return form


def _parsed(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, "The form has too many fields. Nothing was done.") from None


def _of_this_site(request: Request) -> bool:
    """Whether the browser says so. One that sends neither header is held back by the token and the cookie."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _body(request: Request) -> str:
    """The body as text; no more is read than a form may have."""
    parts: list[bytes] = []
    async for part in request.stream():
        parts.append(part)
        if sum(map(len, parts)) > MOST_BYTES:
            raise HTTPException(413, "The form is too large. Nothing was done.")
    try:
        return b"".join(parts).decode()
    except UnicodeDecodeError:
        raise HTTPException(415, "The form is not UTF-8. Nothing was done.") from None
