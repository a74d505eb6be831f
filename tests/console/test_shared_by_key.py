"""Answers about many things, of which one is asked for at a time, however many are looked at."""

import threading
from collections import Counter

from celery_platform.console.state.shared_by_key import SharedByKey

from tests.harness.waiting import eventually


def test_more_things_looked_at_than_are_kept_are_each_asked_for_once() -> None:
    asked: Counter[str] = Counter()
    may_answer, before = threading.Event(), threading.active_count()

    def ask(key: str) -> str:
        asked[key] += 1
        may_answer.wait(30)
        return key

    answers: SharedByKey[str, str] = SharedByKey(ask, seconds=60, most=2)
    for _ in range(5):
        for key in "abcd":  # open pages, which look every few seconds
            answers.of(key).look(wait=0)
    may_answer.set()

    eventually(lambda: threading.active_count() == before, "the end of all questions")
    assert asked == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_an_answer_is_there_for_whoever_looks_while_many_others_wait_for_theirs() -> None:
    may_answer = {key: threading.Event() for key in "abcd"}
    answers: SharedByKey[str, bool] = SharedByKey(lambda key: may_answer[key].wait(30), seconds=60, most=2)
    for key in "abcd":
        answers.of(key).look(wait=0.1)
    may_answer["a"].set()
    answers.of("a").look(wait=30)

    for key in "bcd":
        answers.of(key).look(wait=0)

    assert answers.of("a").look(wait=0).value
    for answer in may_answer.values():
        answer.set()


def test_of_the_things_with_an_answer_those_looked_at_last_are_kept() -> None:
    asked: list[str] = []
    answers: SharedByKey[str, None] = SharedByKey(asked.append, seconds=60, most=2)

    for key in "abcab":
        answers.of(key).look()

    assert asked == ["a", "b", "c", "a", "b"]
    answers.of("b").look()
    answers.of("a").look()
    assert len(asked) == 5
