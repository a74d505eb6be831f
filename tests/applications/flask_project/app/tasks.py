"""Tasks that read the application's configuration."""

from celery import shared_task
from flask import current_app


@shared_task
def greet(name: str) -> str:
    return f"{current_app.config['GREETING']} {name}"


@shared_task(ignore_result=False)
def newsletter(names: list[str]) -> list[str]:
    return [greet.run(name) for name in names]


@shared_task
def key_length() -> int:
    return len(current_app.config["SECRET_KEY"])
