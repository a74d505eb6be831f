"""The AWS emulator, with what an AWS region does and this emulator lacks.

* The ids of Debian's machine images. Real accounts read `/aws/service/debian/release/<n>/latest/<architecture>`
  (wiki.debian.org, "Cloud/AmazonEC2Image"). Nobody but AWS may write under `/aws`, in the emulator neither, so the names
  are added where the emulator keeps the public parameters of Amazon Linux.
* An instance's own address and subnet. Terraform's provider names them in the request's first network interface, where
  the emulator does not look (it gives a random address, ministack 1.5.33), so they are moved to where it does.

Run as `python -m region.emulator`; the environment variables are ministack's.
"""

from typing import Any

# Any image that DescribeImages knows will do: an emulated instance boots nothing.
_EXISTING = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
RELEASES = ("12", "13")
ARCHITECTURES = ("amd64", "arm64")

_FIRST_INTERFACE = "NetworkInterface.1."
_LIFTED = ("PrivateIpAddress", "SubnetId", "SecurityGroupId.")


def publish(parameters: dict[str, Any]) -> None:
    """Add Debian's names to the emulator's public parameters.

    Raises:
        KeyError: the emulator no longer knows the name this relies on; its version is pinned in pyproject.toml.
    """
    image = parameters[_EXISTING]
    for release in RELEASES:
        for architecture in ARCHITECTURES:
            parameters[f"/aws/service/debian/release/{release}/latest/{architecture}"] = image


def with_interface_lifted(request: dict[str, Any]) -> dict[str, Any]:
    """A RunInstances request whose first network interface's fields stand at the top, as older clients send them.

    Example: `{"NetworkInterface.1.SubnetId": ["subnet-1"]}` gains `{"SubnetId": ["subnet-1"]}`.
    """
    lifted = {
        key.removeprefix(_FIRST_INTERFACE): value
        for key, value in request.items()
        if key.startswith(_FIRST_INTERFACE) and key.removeprefix(_FIRST_INTERFACE).startswith(_LIFTED)
    }
    return lifted | request


def main() -> None:
    """Publish, then serve until told to stop."""
    from ministack.app import main as serve  # type: ignore[import-untyped]
    from ministack.services import ec2, ssm  # type: ignore[import-untyped]

    publish(ssm._PUBLIC_AMI_PARAMETERS)
    run_instances = ec2._ACTION_MAP["RunInstances"]
    ec2._ACTION_MAP["RunInstances"] = lambda request: run_instances(with_interface_lifted(request))
    serve()


if __name__ == "__main__":
    main()
