"""Dead-lettered messages by cause: what differs in ids alone is one cause, what differs in more never is."""

import traceback
import tracemalloc
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage, dead_lettered_message
from celery_platform.dead_letters.causes import cause_of, group_by_cause
from celery_platform.dead_letters.causes.frames import own_frame
from celery_platform.dead_letters.causes.grouping import MAX_CAUSES
from celery_platform.dead_letters.causes.normalised import normalised
from celery_platform.dead_letters.choice import Choice
from hypothesis import given
from hypothesis import strategies as st

LIBRARY = "/opt/app/lib/python3.11/site-packages"
# As on a host, where the application is installed beside its libraries.
TRACEBACK = f"""Traceback (most recent call last):
  File "{LIBRARY}/shop/mail.py", line 7, in connect
    connection.open()
  File "{LIBRARY}/redis/client.py", line 99, in open
    raise OSError(111)
OSError: [Errno 111] refused

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "{LIBRARY}/celery/app/trace.py", line 453, in trace_task
    R = retval = fun(*args, **kwargs)
  File "{LIBRARY}/celery_platform/attachment/guarantees.py", line 40, in __call__
    return super().__call__(*args, **kwargs)
  File "{LIBRARY}/shop/tasks/email.py", line 31, in send_email
    deliver(to)
  File "{LIBRARY}/shop/mail.py", line 12, in deliver
    response = requests.post(url)
  File "{LIBRARY}/requests/api.py", line 115, in post
    return request("post", url)
  File "/usr/lib/python3.11/http/client.py", line 9, in request
    raise error
shop.errors.TransientError: order 7: 503
"""


def message(said: str = "order 7: 503", trace: str | None = TRACEBACK, **headers: str) -> DeadLetteredMessage:
    reason = {"task": "shop.tasks.email.send_email", "id": str(uuid.uuid4()), "x-dead-letter-traceback": trace,
              "x-dead-letter-reason": f"TransientError: {said}", "x-dead-letter-at": 1000.0}  # fmt: skip
    return dead_lettered_message("email", reason | headers, [[], {}, {}], {}, max_deliveries=5)


def test_a_cause_names_the_task_the_error_what_it_said_and_the_applications_innermost_frame() -> None:
    cause = cause_of(message())

    assert (cause.task, cause.error) == ("shop.tasks.email.send_email", "shop.errors.TransientError")
    assert (cause.message, cause.frame) == ("order <id>: <id>", "shop/mail.py in deliver")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("order o-1041 of ann@example.com: 503", "order <id> of <email>: <id>"),
        ("can't read user's 'file x' from /srv/a/b.txt", "can't read user's <text> from <path>"),
        ("10.0.0.1:5432 and [fe80::1]:5432 at 12:30:15", "<address> and <address> at <time>"),
        ("none since 2026-11-29T07:01:07.5+00:00", "none since <time>"),
        ("ids [1, 2, 3] of {'a': 1}", "ids [<id>...] of {<text>: <id>}"),
        ("GET https://x.example/orders/7?q=1, then", "GET <url>, then"),
        ("object at 0x7f00, deadbeef, -1.5e-7", "object at <id>..."),
        ("invalid literal: 'cut in the midd", "invalid literal: <text>"),
        ("two\n  lines", "two lines"),
    ],
)
def test_what_differs_from_message_to_message_is_replaced(said: str, expected: str) -> None:
    assert normalised(said) == expected


IDS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.uuids().map(str),
    st.binary(min_size=8, max_size=32).map(bytes.hex),
    st.integers(0, 10**9).map(lambda number: f"order_{number}"),
    st.integers(0, 10**9).map(lambda number: f"o-{number}"),
)
EMAILS = st.from_regex(r"[a-z]{1,9}[.+_-]?[a-z0-9]{0,9}@[a-z]{2,9}\.com", fullmatch=True)
WORDS = st.text("abcdefghij", min_size=3, max_size=7)


@given(st.lists(WORDS, min_size=1, max_size=6), st.data())
def test_messages_that_differ_in_ids_and_numbers_alone_have_one_cause(words: list[str], data: st.DataObject) -> None:
    kinds = [
        IDS, EMAILS, st.ip_addresses().map(str), st.datetimes().map(str),
        st.text().map(repr), WORDS.map(lambda word: f"/srv/{word}/x.txt"), WORDS.map(lambda word: f"https://{word}/y"),
    ]  # fmt: skip
    chosen = [data.draw(st.sampled_from(kinds)) for _ in words]
    first, second = (
        " then ".join(f"{word} {data.draw(kind)}" for word, kind in zip(words, chosen, strict=True)) for _ in range(2)
    )

    assert cause_of(message(first)).key == cause_of(message(second)).key, (normalised(first), normalised(second))


@given(st.lists(IDS, min_size=1, max_size=30), st.integers(1_000, 1_200))
def test_a_reason_that_was_cut_elsewhere_has_the_same_cause(ids: list[str], length: int) -> None:
    long = " ".join(f"item {each} refused," for each in ids * 60)

    assert cause_of(message(long[:length])).key == cause_of(message(long[: length - 60])).key


NAMES = st.from_regex(r"[A-Z][a-z]{2,8}Error", fullmatch=True)


@given(st.tuples(NAMES, NAMES), st.tuples(WORDS, WORDS), IDS)
def test_other_exceptions_tasks_and_frames_are_other_causes(
    names: tuple[str, str], functions: tuple[str, str], text: str
) -> None:
    keys = {
        cause_of(
            message(
                trace=TRACEBACK.replace("in deliver", f"in {function}").replace("TransientError", name),
                **{"x-dead-letter-reason": f"{name}: {text}", "task": task},
            )
        ).key
        for name in names
        for function in functions
        for task in ("shop.tasks.email.send_email", "shop.tasks.email.other")
    }

    assert len(keys) == len(set(names)) * len(set(functions)) * 2


def test_errors_of_one_name_from_two_modules_are_two_causes() -> None:
    other = message(trace=TRACEBACK.replace("shop.errors.", "lib.errors."))

    assert cause_of(other).key != cause_of(message()).key


def test_a_host_a_pod_and_a_checkout_name_the_same_frame() -> None:
    places = (LIBRARY, "/app/venv/lib/python3.12/site-packages", "/home/ann/shop-project")
    keys = {cause_of(message(trace=TRACEBACK.replace(f"{LIBRARY}/shop", f"{place}/shop"))).key for place in places}

    assert len(keys) == 1


def test_the_next_release_moves_lines_and_no_causes() -> None:
    assert cause_of(message(trace=TRACEBACK.replace("line 12", "line 99"))) == cause_of(message())


def test_a_task_with_a_name_of_its_own_belongs_to_the_package_that_celery_calls() -> None:
    assert str(own_frame(TRACEBACK, "send-email")) == "shop/mail.py in deliver"


def raised(error: Exception) -> Exception:
    """The error with a traceback, as if a task had raised and caught it."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_the_frame_of_a_group_of_errors_is_where_the_group_was_raised() -> None:
    def fail() -> None:
        raise ExceptionGroup("two", [raised(ValueError("no")), raised(KeyError("k"))])

    with pytest.raises(ExceptionGroup) as found:
        fail()

    frame = own_frame("".join(traceback.format_exception(found.value)), "anything")
    assert frame is not None
    assert frame.function == "fail"


def test_where_the_application_caused_a_librarys_error_is_the_frame_if_the_library_alone_raised_it() -> None:
    of_library = TRACEBACK.partition(f'  File "{LIBRARY}/shop/tasks')[0] + (
        f'  File "{LIBRARY}/requests/api.py", line 115, in post\n    return request("post", url)\nOSError: no\n'
    )

    assert str(own_frame(of_library, "shop.tasks.email.send_email")) == "shop/mail.py in connect"


@pytest.mark.parametrize("text", [None, "", "Traceback (most recent call last):\n"])
def test_without_frames_the_error_and_its_text_are_the_cause(text: str | None) -> None:
    cause = cause_of(message(trace=text))

    assert (cause.error, cause.message, cause.frame) == ("TransientError", "order <id>: <id>", "")


def test_what_is_no_message_of_a_task_has_a_cause() -> None:
    found = dead_lettered_message("email", {}, None, {}, max_deliveries=5)

    assert (cause_of(found).task, cause_of(found).error) == ("", "")
    assert cause_of(found).message.startswith("not a task message")


def test_a_key_stays_the_same_from_release_to_release() -> None:
    assert cause_of(message()).key == "a3a7f783f8"


def test_a_message_is_chosen_by_its_cause() -> None:
    key = cause_of(message()).key

    assert Choice(cause=key).includes(message("order 8: 504"))
    assert not Choice(cause=key).includes(message("no such order"))
    assert not Choice(cause=key[:3]).includes(message())


def test_groups_count_and_say_when_and_which() -> None:
    early, late = replace(message("order 1: 5"), failed_at=10.0), replace(message("order 2: 5"), failed_at=30.0)
    groups = group_by_cause([late, early, message("no")]).groups

    assert [(group.count, group.first_at, group.last_at, group.example) for group in groups] == [
        (2, 10.0, 30.0, late.id),
        (1, 1000.0, 1000.0, groups[1].example),
    ]


def test_causes_without_end_are_counted_together() -> None:
    words = (f"{'z' * (number % 50 + 1)} {'y' * (number // 50)}" for number in range(MAX_CAUSES + 3))
    found = group_by_cause(message(text, trace=None) for text in words)

    assert (len(found.groups), found.others, found.messages) == (MAX_CAUSES, 3, MAX_CAUSES + 3)


def test_grouping_holds_no_message() -> None:
    def many() -> Iterator[DeadLetteredMessage]:
        for number in range(5_000):
            yield message(f"order {number}: 503", trace=TRACEBACK + "x" * 8_000)

    tracemalloc.start()
    try:
        found = group_by_cause(many())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (len(found.groups), found.messages) == (1, 5_000)
    assert most < 2 * 1024 * 1024
