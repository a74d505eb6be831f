"""The application factory."""

import os
from typing import Any

from flask import Flask


def create_app(**settings: Any) -> Flask:
    """Make the application, with a Celery app among its extensions."""
    from app.celery_app import make_celery

    flask = Flask(__name__)
    flask.config.from_mapping(
        GREETING=os.environ.get("GREETING", "Hi"),
        SECRET_KEY=os.environ.get("SECRET_KEY", "only-on-a-laptop"),
        CELERY={"task_track_started": True, "timezone": "Europe/Berlin"},
    )
    flask.config.from_mapping(settings)
    make_celery(flask)

    @flask.post("/letters/<name>")
    def letters(name: str) -> dict[str, str]:
        from app.tasks import greet

        return {"id": greet.delay(name).id}

    return flask
