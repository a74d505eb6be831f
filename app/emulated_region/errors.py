"""What a person sees when the region cannot go on."""


class RegionError(Exception):
    """The region cannot go on, for a reason that a person can act on.

    Example: `RegionError("podman on the PATH", "no podman", "install the package podman")`
    """

    def __init__(self, expected: str, found: str, do: str) -> None:
        self.expected = expected
        self.found = found
        self.do = do
        super().__init__(f"expected: {expected}\nfound:    {found}\ndo:       {do}")
