"""`python -m celery_platform` is the command `app`."""

from celery_platform.cli import app

app()
