"""A chord's body that the broker did not take is published when its last part's message comes again."""

from typing import Any

import pytest
from celery import Celery
from celery.app.task import Context
from celery_platform.errors import PublishError, RefusedMessageError
from celery_platform.turbo.results.backend import RedisBackend

from .result_store import Store, producer

pytestmark = pytest.mark.server

AWAY = PublishError("the broker to take it", "nothing", "Send it again.")
TOO_LARGE = RefusedMessageError("a smaller message", "a large one", "Send less.")


def joined(numbers: list[int]) -> None:
    """The body, which no worker runs here."""


class Chord:
    """A chord of two parts and its body, of an application whose broker may refuse it."""

    def __init__(self, app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
        self.backend: Any = app.backend
        self.refuses: Exception | None = None
        self.sent: list[Any] = []
        self._body = app.task(name="joined")(joined).s().set(task_id="body")
        self.backend.set_chord_size("chord", 2)

        def send(name: str, args: Any = None, *_: Any, **__: Any) -> None:
            if self.refuses is not None:
                raise self.refuses
            self.sent.append((name, list(args)))

        monkeypatch.setattr(app, "send_task", send)  # in place of a broker, which takes or refuses nothing here

    def part(self, number: int) -> Context:
        """The request of one part."""
        return Context(id=f"part {number}", group="chord", group_index=number, chord=dict(self._body))

    def returns(self, number: int, state: str = "SUCCESS", request: Context | None = None) -> None:
        """One part returns its number."""
        self.backend.on_chord_part_return(request or self.part(number), state, number)


@pytest.fixture(params=["Celery's, guarded", "turbo's"])
def chord(store: Store, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Chord:
    app = producer(store)
    if request.param == "turbo's":
        app.loader.override_backends = {"redis": f"{RedisBackend.__module__}:RedisBackend"}
        assert type(app.backend) is RedisBackend
    return Chord(app, monkeypatch)


def test_a_body_that_was_refused_is_published_once_when_the_last_part_comes_again(chord: Chord) -> None:
    chord.returns(0)
    chord.refuses = AWAY
    last = chord.part(1)
    with pytest.raises(PublishError, match="found nothing"):
        chord.returns(1, request=last)
    chord.returns(1, "FAILURE", request=last)  # as Celery then reports the part
    chord.refuses = None
    for _ in range(2):
        chord.returns(1)

    assert chord.sent == [("joined", [[0, 1]])]
    assert chord.backend.get_state("body") == "PENDING"


def test_a_body_that_can_never_be_published_ends_the_chord(chord: Chord) -> None:
    chord.refuses = TOO_LARGE
    for number in range(2):
        chord.returns(number)

    assert chord.backend.get_state("body") == "FAILURE"


def test_without_the_guard_the_body_is_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Chord(producer(store, guarded=False), monkeypatch)
    lost.refuses = AWAY
    for number in range(2):
        lost.returns(number)
    lost.refuses = None
    lost.returns(1)

    why = "it is not (if Celery raises now, remove app/celery_platform/guards/chord_body.py)"
    assert (lost.sent, lost.backend.get_state("body")) == ([], "FAILURE"), why
