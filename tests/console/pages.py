"""What the tests read from a page."""

import re
from html import unescape

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def fields(html: str) -> dict[str, str]:
    """The hidden fields of a page's form.

    Example: `fields(client.get("/replay?cause=a1").text)["csrf"]`
    """
    return {name: unescape(value) for name, value in HIDDEN.findall(html)}


def text_of(html: str) -> str:
    """The words of a page without its tags, as a reader sees them.

    Example: `"Yes. Nothing needs you." in text_of(client.get("/").text)`
    """
    body = html.partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(html: str, prefix: str) -> list[str]:
    """The addresses on a page that begin with `prefix`, in their order."""
    return [unescape(found) for found in re.findall(r'href="([^"]*)"', html) if unescape(found).startswith(prefix)]
