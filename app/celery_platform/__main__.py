"""`python -m app` is the command `app`."""

from app.cli import app

app()
