"""What a person sees when Terraform cannot be run."""


class RunError(Exception):
    """Says what was expected, what was found and what to do.

    Example: `raise RunError("terraform on the PATH", "none", "install Terraform 1.11 or later")`
    """

    def __init__(self, expected: str, found: str, remedy: str) -> None:
        super().__init__(f"expected: {expected}\n   found: {found}\n   to do: {remedy}")
