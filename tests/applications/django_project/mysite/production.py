"""Settings of every process of an environment: what is secret comes from its variables."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mysite.settings import *  # noqa: F403

_url = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.lstrip("/"),
        "USER": unquote(_url.username or ""),
        "PASSWORD": unquote(_url.password or ""),
        "HOST": _url.hostname,
        "PORT": _url.port,
    }
}
SECRET_KEY = Path(os.environ["SIGNING_KEY_FILE"]).read_text()
