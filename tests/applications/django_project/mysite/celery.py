"""As in Celery's "First steps with Django", with one line more."""

import os

from celery import Celery
from celery_platform import attach

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")

app = attach(Celery("mysite"))
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
