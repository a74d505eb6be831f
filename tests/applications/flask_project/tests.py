"""The project's own unit tests: eager, with no environment."""

from app import create_app


def test_a_letter_is_sent() -> None:
    flask = create_app(GREETING="Servus", CELERY={"task_always_eager": True, "task_store_eager_result": False})
    from app.tasks import greet

    assert greet.delay("Ada").get() == "Servus Ada"
    assert flask.test_client().post("/letters/Ada").json["id"]
