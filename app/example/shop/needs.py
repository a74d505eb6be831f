"""Variables that the shop reads from its environment."""

import os


def needed(variable: str) -> str:
    """The value of a variable that the platform sets from the environment file.

    Raises:
        LookupError: it is not set.

    Example: `needed("PAYMENT_GATEWAY_URL")`
    """
    value = os.environ.get(variable)
    if not value:
        raise LookupError(
            f"expected the variable {variable}, found none: add it under application.variables or services"
        )
    return value
