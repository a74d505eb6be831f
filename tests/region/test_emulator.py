"""What the region adds to the emulator: see region/emulator.py."""

from region.emulator import publish, with_interface_lifted


def test_an_address_asked_for_in_the_first_interface_is_seen() -> None:
    request = {"ImageId": ["ami-1"], "NetworkInterface.1.PrivateIpAddress": ["10.90.128.10"]}

    assert with_interface_lifted(request)["PrivateIpAddress"] == ["10.90.128.10"]


def test_what_the_request_says_at_the_top_stands() -> None:
    request = {"SubnetId": ["subnet-top"], "NetworkInterface.1.SubnetId": ["subnet-below"]}

    assert with_interface_lifted(request)["SubnetId"] == ["subnet-top"]


def test_debian_images_are_published_for_both_architectures() -> None:
    parameters = {"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64": "ami-1"}

    publish(parameters)

    assert "/aws/service/debian/release/13/latest/arm64" in parameters
