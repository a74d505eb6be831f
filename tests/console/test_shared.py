"""One question for all viewers, and a page that does not wait for it forever."""

import threading
import time

from celery_platform.console.state.shared import NotNowError, Shared
from celery_platform.errors import SettingsError


def test_viewers_share_an_answer_until_it_is_old() -> None:
    asked: list[float] = []
    shared = Shared(lambda: asked.append(time.monotonic()), seconds=0.2)

    def view() -> None:
        for _ in range(5):
            shared.look()

    viewers = [threading.Thread(target=view) for _ in range(10)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    assert len(asked) == 1

    time.sleep(0.3)
    shared.look()
    assert len(asked) == 2


def test_a_recent_answer_is_not_kept_back_until_a_newer_one_comes() -> None:
    answers = iter([0.0, 3.0, 3.0])
    shared = Shared(lambda: time.sleep(next(answers)), seconds=0.2)
    shared.look()
    time.sleep(0.3)

    began = time.monotonic()
    assert shared.look(wait=5).asking
    assert time.monotonic() - began < 1

    shared.forget()
    shared.look(wait=5)
    assert time.monotonic() - began > 2, "after an action the newer one is waited for"


def test_whoever_needs_the_newest_answer_waits_for_it() -> None:
    answers = iter([(0.0, "before"), (0.5, "newest")])

    def ask() -> str:
        seconds, answer = next(answers)
        time.sleep(seconds)
        return answer

    shared = Shared(ask, seconds=0.2)
    shared.look()
    time.sleep(0.3)

    assert shared.look(wait=5, newest=True).value == "newest"


def test_an_answer_that_was_asked_for_before_an_action_does_not_pass_for_one_after_it() -> None:
    state, asked, done = ["before"], threading.Event(), threading.Event()

    def ask() -> str:
        found = state[0]
        asked.set()
        done.wait(5)
        return found

    shared = Shared(ask, seconds=60)
    shared.look(wait=0)
    asked.wait(5)
    state[0] = "after"
    shared.forget()
    done.set()

    assert shared.look(wait=5).value == "after"


def test_nobody_looking_nothing_is_asked() -> None:
    asked: list[int] = []
    Shared(lambda: asked.append(1), seconds=0.01)

    time.sleep(0.1)

    assert asked == []


def test_a_question_without_an_answer_yet_is_shown_as_under_way() -> None:
    answer = threading.Event()
    shared = Shared(lambda: answer.wait(5), seconds=10)

    assert (shared.look(wait=0.05).value, shared.look(wait=0.05).asking) == (None, True)
    answer.set()
    assert shared.look(wait=5).value is True


def next_of(answers: list[object]) -> object:
    """The next answer of a question; an error is raised."""
    answer = answers.pop(0)
    if isinstance(answer, Exception):
        raise answer
    return answer


def test_a_problem_is_said_without_secrets_and_the_answer_before_stays() -> None:
    answers: list[object] = ["first", OSError("amqp://celery:hunter2@broker"), SettingsError("a", "b", "c")]
    shared = Shared(lambda: next_of(answers), seconds=0)
    assert shared.look().value == "first"
    shared.forget()
    seen = shared.look()
    assert (seen.value, seen.problem) == ("first", "OSError: amqp://celery:[redacted]@broker")
    shared.forget()
    assert shared.look().problem == "expected a; found b. c"


def test_a_question_that_cannot_be_asked_now_leaves_the_answer_and_says_no_problem() -> None:
    answers: list[object] = ["first", NotNowError()]
    shared = Shared(lambda: next_of(answers), seconds=0)
    before = shared.look()
    shared.forget()

    assert shared.look() == before


def test_whoever_takes_long_to_answer_is_left_alone_for_twice_as_long() -> None:
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        time.sleep(0.2)

    shared = Shared(ask, seconds=0)
    for _ in range(3):
        shared.look(wait=1)
        time.sleep(0.05)

    assert len(asked) == 1
