"""Settings of a laptop and of the unit tests."""

import os
from datetime import timedelta
from pathlib import Path

import celery_platform

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "only-on-a-laptop"
INSTALLED_APPS = ["orders", "mail", "reports"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

if not celery_platform.is_chosen():
    CELERY_BROKER_URL = "redis://localhost:6379/0"
    CELERY_RESULT_BACKEND = "redis://localhost:6379/1"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = "KEEP_NO_RESULTS" in os.environ
CELERY_TASK_TRACK_STARTED = not CELERY_TASK_IGNORE_RESULT
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"reports.tasks.build_report": {"queue": "slow"}}
CELERY_BEAT_SCHEDULE = {
    "nightly": {
        "task": "reports.tasks.nightly",
        "schedule": timedelta(seconds=2),
        "args": ("beat",),
        "options": {"expires": 60},
    },
}
