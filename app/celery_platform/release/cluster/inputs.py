"""What a deployment adds to resolved.json, read from the account: the image's digest and the discovery parameters."""

from typing import Any

from celery_platform.errors import ChartError
from celery_platform.release.cluster.account import asked
from celery_platform.release.helm import discovery_parameters

Json = dict[str, Any]
# The value of a parameter that Terraform created and Ansible has not set yet (terraform/modules/discovery).
NOT_PLACED = "not placed yet"


def parameters(resolved: Json) -> dict[str, str]:
    """The discovery parameters that the chart needs, by name.

    Raises:
        ChartError: one is missing, or Ansible has not set it yet.
    """
    prefix = resolved["discovery_prefix"]
    wanted = {f"{prefix}/{name}": name for name in discovery_parameters(resolved)}
    answer = asked("ssm", "get_parameters", Names=list(wanted))
    found = {wanted[one["Name"]]: str(one["Value"]) for one in answer["Parameters"]}
    for path, name in wanted.items():
        if found.get(name, NOT_PLACED) == NOT_PLACED:
            raise ChartError(
                expected=f"the SSM parameter {path}",
                found=NOT_PLACED if name in found else "no such parameter",
                remedy="Run `make site`, which writes it." if name in found else "Run `make apply`, which creates it.",
            )
    return found


def image(resolved: Json, release: str) -> str:
    """The image of a release in the environment's registry, by digest.

    Raises:
        ChartError: the registry has no image with the release's tag.
    """
    repository = resolved["registry"]["name"]
    (described,) = asked("ecr", "describe_repositories", repositoryNames=[repository])["repositories"]
    found = asked("ecr", "batch_get_image", repositoryName=repository, imageIds=[{"imageTag": release}])["images"]
    if not found:
        raise ChartError(
            expected=f"an image {release} of this checkout's release in {described['repositoryUri']}",
            found="none",
            remedy=f"Run `make image` and push it with the tag {release}, or name another (IMAGE=...@sha256:...).",
        )
    return f"{described['repositoryUri']}@{found[0]['imageId']['imageDigest']}"
