"""The AWS emulator, with what every AWS region publishes and this emulator lacks: the ids of Debian's machine images.

Real accounts read `/aws/service/debian/release/<n>/latest/<architecture>` (wiki.debian.org, "Cloud/AmazonEC2Image").
Nobody but AWS may write under `/aws`, in the emulator neither, so the two names are added where the emulator keeps the
public parameters of Amazon Linux. Run as `python -m region.emulator`; the environment variables are ministack's.
"""

from typing import Any

# Any image that DescribeImages knows will do: an emulated instance boots nothing.
_EXISTING = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
RELEASES = ("12", "13")
ARCHITECTURES = ("amd64", "arm64")


def publish(parameters: dict[str, Any]) -> None:
    """Add Debian's names to the emulator's public parameters.

    Raises:
        KeyError: the emulator no longer knows the name this relies on; its version is pinned in pyproject.toml.
    """
    image = parameters[_EXISTING]
    for release in RELEASES:
        for architecture in ARCHITECTURES:
            parameters[f"/aws/service/debian/release/{release}/latest/{architecture}"] = image


def main() -> None:
    """Publish, then serve until told to stop."""
    from ministack.app import main as serve  # type: ignore[import-untyped]
    from ministack.services import ssm  # type: ignore[import-untyped]

    publish(ssm._PUBLIC_AMI_PARAMETERS)
    serve()


if __name__ == "__main__":
    main()
