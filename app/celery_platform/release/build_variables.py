"""The environment variables for building a wheel."""

import os

# The oldest time that a zip can note, 1980-01-01. Backends give it to each file (reproducible-builds.org,
# "SOURCE_DATE_EPOCH"): without it setuptools notes when each was written, which in a copy is now.
EPOCH = "315532800"


def build_variables() -> dict[str, str]:
    """The variables of this process, and the one that makes builds reproducible.

    Example: `subprocess.run([sys.executable, "-m", "build"], env=build_variables())`
    """
    return os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
