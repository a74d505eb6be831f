"""Whoever can send a message can write into these pages. They show what it says, and do nothing that it says."""

import base64
import json
import pickle
import re
import shlex
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from .conftest import Opened
from .inside import emptied, pushed
from .pages import links

SCRIPT = "<script>alert(1)</script>"
BREAKERS = (
    SCRIPT, '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "{{ 7919 * 7907 }}{% raw %}", "hx-get=/",
    "javascript:alert(1)", "</pre></title><svg/onload=alert(1)>", "<!--", "]]>", "&lt;b&gt;", "\u202egnp.exe", "a\x00b",
    "../../etc", "%3Cscript%3E", "\ud800", "\u2028", "a" * 20_000, "?queue=quick&id=x#y", "\r\nSet-Cookie: a=b",
)  # fmt: skip


# The only drawing of the console's own. HTMLParser writes names in lower case.
CHART = {
    "viewbox": "0 0 600 100", "preserveaspectratio": "none", "role": "img",
    "aria-labelledby": "failed-name failed-words",
}  # fmt: skip


class Dangerous(HTMLParser):
    """What of a page a browser could run: scripts, handlers of events, addresses that run, elements from outside."""

    ALLOWED = frozenset({"/static/htmx-2.0.11.min.js", "/static/console.js"})
    OUTSIDE = frozenset({
        "img", "svg", "iframe", "object", "embed", "style", "base", "image", "use", "foreignobject", "animate", "set",
    })  # fmt: skip

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and given.get("src") not in self.ALLOWED:
            self.found.append(f"<script {given}>")
        if tag in self.OUTSIDE and not (tag == "svg" and given == CHART):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.found.append(f"{tag} {name}")
            if name in {"href", "src", "action", "hx-get"} and not (value or "").startswith(("/", "#")):
                self.found.append(f"{tag} {name}={value}")


def envelope(headers: dict[str, Any], body: Any = None, *, raw: bytes | None = None) -> str:
    """A message as kombu packs it into a list of Redis."""
    text = raw if raw is not None else json.dumps(body if body is not None else [[], {}, {}]).encode()
    return json.dumps({
        "headers": headers, "body": base64.b64encode(text).decode(), "content-type": "application/json",
        "properties": {"body_encoding": "base64", "delivery_tag": "t", "delivery_info": {}},
    })  # fmt: skip


def headers(**others: Any) -> dict[str, Any]:
    return {"id": "i-1", "task": "a.b", "x-dead-letter-reason": "KeyError: x", "x-dead-letter-at": 1.0} | others


@pytest.fixture
def hostile(console: Opened) -> Iterator[Opened]:
    """A console whose environment has no dead-lettered message until the test puts some there."""
    emptied()
    yield console
    emptied()


def pages_of(console: Opened) -> dict[str, str]:
    """Each page on which messages of the dead letter queues are, followed from one to the next."""
    console.site.overview.forget()
    console.site.failures.forget()
    console.site.failures.look(wait=60)
    todo, pages = ["/", "/failures"], {}
    while todo:
        page = todo.pop()
        answer = console.client.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
        pages[page] = answer.text
        found = [link for prefix in ("/failures/", "/replay?") for link in links(answer.text, prefix)]
        todo += [link for link in found if link not in pages and link not in todo]
    return pages


@pytest.mark.parametrize(
    "place", ["id", "task", "x-dead-letter-reason", "x-dead-letter-traceback", "a header", "arguments"]
)
def test_nothing_that_a_message_says_is_run_by_a_browser(hostile: Opened, place: str) -> None:
    for number, text in enumerate(BREAKERS):
        own = headers(id=f"i-{number}")
        if place == "arguments":
            pushed(envelope(own, [[text, {text: text}], {"k": text}, {"callbacks": text}]))
        elif place == "a header":
            pushed(envelope(own | {text: text, "retries": text, "origin": text}))
        else:
            pushed(envelope(own | {place: text}))

    pages = pages_of(hostile)

    assert len(pages) > 2 + len(BREAKERS) // 2
    for page, html in pages.items():
        assert Dangerous(html).found == [], page
        assert str(7919 * 7907) not in html, page
        assert not re.search("[\x00\u202e\u2028\ud800]", html), page


@pytest.mark.parametrize("task_id", ["i; rm -rf ~", "$(rm -rf ~)", "--yes", "'", "i-1"])
@pytest.mark.parametrize("link", [{}, {"cause": "; rm -rf ~ #"}], ids=["a link of the console", "a link that was sent"])
def test_a_command_that_is_shown_runs_nothing_else_in_a_shell(
    hostile: Opened, task_id: str, link: dict[str, str]
) -> None:
    pushed(envelope(headers(id=task_id)))
    hostile.site.failures.look(wait=60)

    page = hostile.client.get("/replay", params={"queue": "quick", "id": task_id} | link).text

    (shown,) = re.findall(r"<code>(app dlq replay.*?)</code>", page)
    assert shlex.split(unescape(shown)) == ["app", "dlq", "replay", "--queue", "quick", "--", task_id]


WRONG: tuple[Any, ...] = (None, 0, -1, 1e400, True, [], {}, [[[[]]]], {"a": {"b": []}}, "x", "9" * 400, 10**30)


@pytest.mark.parametrize("name", [
    "id", "task", "x-dead-letter-reason", "x-dead-letter-traceback", "x-dead-letter-attempts", "x-dead-letter-at",
    "sent_at", "x-death", "x-returned", "x-returned-of", "x-replays", "retries", "compression", "argsrepr",
])  # fmt: skip
def test_a_header_of_any_type_is_shown_and_no_page_fails(hostile: Opened, name: str) -> None:
    for value in WRONG:
        pushed(envelope(headers(**{name: value})))
    pushed(envelope({name: WRONG[-1]}), envelope(headers(**{"x-death": [{"time": "x", "reason": {}}]})))

    pages = pages_of(hostile)

    assert len(pages) > 3
    assert "could not be read" not in pages["/failures"], "one message hides no other"


class Pickled:
    """Would make a file if it were loaded."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return (open, (self.file, "w"))


def test_a_body_that_is_not_json_is_shown_as_such_and_not_loaded(hostile: Opened, tmp_path: Any) -> None:
    file = tmp_path / "loaded"
    bodies = [pickle.dumps(Pickled(str(file))), b"\x80\x04", b"!!python/object:os.system []", b"", b"\xff\xfe",
              b"[" * 100_000, b"1" * 10_000, b"NaN"]  # fmt: skip
    for number, body in enumerate(bodies):
        pushed(envelope(headers(id=f"b-{number}"), raw=body))
    pushed("", "not json", "{}", "[]", "null", '{"headers": 7}', '{"headers": {}, "properties": {}, "body": 7}', "\x00")

    pages = pages_of(hostile)

    assert not file.exists()
    assert sum("cannot be read as JSON" in html for html in pages.values()) >= len(bodies) - 2
    assert "could not be read to its end" not in pages["/failures"]


def test_arguments_of_ten_megabytes_are_shown_in_part(hostile: Opened) -> None:
    pushed(envelope(headers(id="big"), [["a" * 10_000_000], {"b": ["c" * 1_000] * 1_000}, {}]))
    pushed(envelope(headers(id="big-2", **{"x-dead-letter-reason": "E: " + "r" * 10_000_000, "task": "t" * 1_000_000})))

    pages = pages_of(hostile)

    assert max(map(len, pages.values())) < 200_000
    assert any("[cut: " in html for html in pages.values())


def test_no_secret_of_the_environment_is_on_any_page(hostile: Opened) -> None:
    pushed(envelope(headers(**{
        "x-dead-letter-reason": "OperationalError: amqp://celery:hunter2@broker:5671/",
        "x-dead-letter-traceback": "Traceback\n  password='hunter2'\n  token=hunter2", "authorization": "hunter2",
    }), [["Bearer hunter2hunter2"], {"password": "hunter2", "customer": {"card_number": "hunter2"}}, {}]))  # fmt: skip

    for page, html in pages_of(hostile).items():
        assert "hunter2" not in html, page
