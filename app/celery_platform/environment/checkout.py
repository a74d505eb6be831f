"""The checkout that environments are described in, where an application's folder is looked for."""

import os
from pathlib import Path

# Names another checkout than the one that this package is in.
VARIABLE = "CELERY_CHECKOUT"


def checkout() -> Path:
    """The folder that holds `app/` and `environments/`: `$CELERY_CHECKOUT`, or that of this package.

    Example: `(checkout() / "environments").is_dir()`
    """
    return Path(os.environ.get(VARIABLE) or Path(__file__).parents[3]).absolute()
