"""Each page in a real Chromium: accessible at both widths and in both themes, live, and usable by keyboard alone.

`PICTURES=folder` writes a picture of each page there, for the README.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from celery_platform.observability.alerts.error_budget import FAST, late_ratio
from celery_platform.settings import runtime
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually
from tests.observability.harness.late_tasks import with_late_tasks

from .inside import KEPT, dead_letter_lists, emptied, filled, forget_releases, inside, put_back, say_begun
from .served import Served, served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH (Debian package chromium)"),
    pytest.mark.server,
]
Theme = Literal["light", "dark"]
WIDTHS = {"narrow": 360, "wide": 1440}
# Each page by the name of its picture; `follow` are addresses of links to follow from the page above.
PAGES = {
    "overview": "/", "failures": "/failures", "cause": "/failures > /failures/causes/",
    "message": "/failures > /failures/causes/ > /failures/message", "replay": "/failures > /failures/causes/ > /replay",
    "queues": "/queues", "queue": "/queues/quick", "tasks": "/tasks",
    "task": "/tasks > /tasks/", "workers": "/workers", "schedule": "/schedule",
    "problem": "/nowhere",
}  # fmt: skip

# What a page shows only after it was worked out in the background.
WAITS_FOR = {"queue": "Empty in"}


@pytest.fixture(scope="module")
def console(plain_redis: TestEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A console with actions. Its environment has dead-lettered messages, a backlog, late tasks and two releases."""
    filled(plain_redis, "shown", count=3)
    with ExitStack() as all_:
        with inside(plain_redis):
            lists = dead_letter_lists()
            put_back(lists)
            late = {runtime().environment.queues["quick"].name: 0.08}
            say_begun(("5a41d0c70e1f", 3 * 3600), ("92c0b9fa8a11", 2100))
        plain_redis.python(BACKLOG)
        plain_redis.python(KEPT)
        folder = tmp_path_factory.mktemp("late")
        watching = all_.enter_context(with_late_tasks(plain_redis.resolved, folder, late, alerting=False))
        eventually(lambda: watching.query(late_ratio(FAST.long)), "the recording rules", 60)
        options = ("--allow-actions", "--interval", "1", "--prometheus", watching.prometheus)
        yield all_.enter_context(served(plain_redis, tmp_path_factory.mktemp("served"), *options))
    with inside(plain_redis):
        emptied()
        forget_releases()


BACKLOG = """
from exercises.celery import celery
for number in range(40):
    celery.send_task("exercises.quick.double", (number,))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Without its sandbox, because the tests may run as root in a container; they only open pages of their own.
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def session(console: Served, browser: Browser) -> list[dict[str, str]]:
    """The cookies of the session that the printed address opens."""
    context = browser.new_context()
    context.new_page().goto(console.sign_in)
    cookies = context.cookies()
    context.close()
    return [
        {"name": each["name"], "value": each["value"], "url": console.base, "sameSite": each["sameSite"]}
        for each in cookies
    ]


def context_of(
    browser: Browser, session: list[dict[str, str]], width: int, theme: Theme, *, scripts: bool = True
) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        java_script_enabled=scripts,
    )
    context.add_cookies(session)  # type: ignore[arg-type]
    return context


def open_page(context: BrowserContext, base: str, way: str) -> Page:
    """Open an address, and follow the first link to each of those behind it."""
    page = context.new_page()
    first, *links = way.split(" > ")
    page.goto(base + first)
    for link in links:
        found = page.locator(f'main a[href^="{link}"]').first
        page.goto(base + str(found.get_attribute("href")))
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_is_accessible_and_fits(
    console: Served, browser: Browser, session: list[dict[str, str]], name: str, width: str, theme: Theme
) -> None:
    context = context_of(browser, session, WIDTHS[width], theme)
    messages: list[str] = []
    page = open_page(context, console.base, PAGES[name])
    page.on("console", lambda message: messages.append(message.text))
    page.reload()
    if name in WAITS_FOR:
        page.get_by_text(WAITS_FOR[name]).wait_for(timeout=60_000)

    found = Axe().run(page)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if folder := os.environ.get("PICTURES"):
        keep(page.screenshot(), Path(folder) / f"{name}-{width}-{theme}.png")
    context.close()

    assert found.violations_count == 0, found.generate_report()
    assert overflow <= 0, f"the page is {overflow} pixels wider than the screen"
    assert [text for text in messages if "Content Security Policy" in text] == []


def keep(picture: bytes, file: Path) -> None:
    """Write a picture in a few colours, which makes it a third as large."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


def test_an_open_page_shows_what_changes_and_keeps_the_focus(
    console: Served, browser: Browser, session: list[dict[str, str]], plain_redis: TestEnvironment
) -> None:
    context = context_of(browser, session, 1440, "light")
    page = open_page(context, console.base, "/")
    page.locator("#queue-quick").focus()
    plain_redis.python(BACKLOG)

    page.locator("#live", has_text="80").wait_for(timeout=30_000)

    assert page.evaluate("document.activeElement.id") == "queue-quick"
    context.close()


def test_a_queue_that_is_being_chosen_stays_chosen_while_the_page_updates(
    console: Served, browser: Browser, session: list[dict[str, str]]
) -> None:
    context = context_of(browser, session, 1440, "light")
    page = open_page(context, console.base, "/failures")
    page.locator("#queue").select_option("quick")

    page.evaluate("new Promise(done => document.addEventListener('htmx:afterSettle', () => done(), {once: true}))")

    assert page.locator("#queue").input_value() == "quick"
    context.close()


def test_a_page_whose_console_is_gone_says_so(plain_redis: TestEnvironment, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    with served(plain_redis, tmp_path) as gone:
        page = context.new_page()
        page.goto(gone.sign_in)

    page.wait_for_selector("#stale:not([hidden])", timeout=30_000)
    context.close()


def test_a_message_is_reached_and_replayed_by_keyboard_and_without_a_script(
    console: Served, browser: Browser, session: list[dict[str, str]]
) -> None:
    context = context_of(browser, session, 1440, "light", scripts=False)
    page = open_page(context, console.base, PAGES["message"])
    tab_to(page, "What would a replay do?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/replay?**")

    page.locator("#rate").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/replays/**")

    assert "of 1 sent" in page.inner_text("main")
    context.close()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the link with this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == text:
            return
    raise AssertionError(f"no link {text!r} is reached by keyboard")


def test_the_first_key_leads_past_the_navigation(
    console: Served, browser: Browser, session: list[dict[str, str]]
) -> None:
    context = context_of(browser, session, 1440, "light")
    page = open_page(context, console.base, "/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


def test_a_link_that_a_colleague_sent_from_another_site_opens_the_page(
    console: Served, browser: Browser, session: list[dict[str, str]]
) -> None:
    """The cookie is not sent with a link from another site (SameSite=Strict), so that the page is asked for twice."""
    context = context_of(browser, session, 1440, "light")
    page = context.new_page()
    page.route("http://chat.example/", lambda route: route.fulfill(
        body=f'<a href="{console.base}/queues/quick">look</a>', content_type="text/html"))  # fmt: skip
    page.goto("http://chat.example/")
    page.click("a")

    page.wait_for_selector("h1:has-text('Why is quick late?')", timeout=10_000)
    context.close()
