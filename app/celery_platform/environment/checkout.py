"""The checkout that contains the environment files and, if it is a folder, the application's package."""

import os
from pathlib import Path

# Overrides the checkout that this package is in.
VARIABLE = "CELERY_CHECKOUT"


def checkout() -> Path:
    """The folder that holds `app/` and `environments/`: `$CELERY_CHECKOUT`, or that of this package.

    Example: `(checkout() / "environments").is_dir()`
    """
    return Path(os.environ.get(VARIABLE) or Path(__file__).parents[3]).absolute()
