"""What an AWS account holds before Terraform runs for the first time."""


def seed(endpoint: str) -> None:
    """Put into the emulated account what every real one has. Nothing yet: Terraform makes all it uses."""
    del endpoint
