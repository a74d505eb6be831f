"""As in Flask's "Background Tasks with Celery", with one line more."""

from typing import Any

from celery import Celery, Task
from celery_platform import attach
from flask import Flask

from app import create_app


def make_celery(flask: Flask) -> Celery:
    """A Celery app whose tasks run in the application's context."""

    class FlaskTask(Task):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with flask.app_context():
                return self.run(*args, **kwargs)

    made = attach(Celery(flask.name, task_cls=FlaskTask, include=["app.tasks"]))
    made.config_from_object(flask.config["CELERY"])
    made.set_default()
    flask.extensions["celery"] = made
    return made


flask_app = create_app()
celery = flask_app.extensions["celery"]
