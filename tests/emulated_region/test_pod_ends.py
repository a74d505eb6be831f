"""A pod whose process ends at each start is given up without waiting for the full two minutes."""

from typing import Any

import pytest
from emulated_region.admission import Pod
from emulated_region.pods import ENDS, keeps_ending


class Podman:
    """A mock: podman 4.3 counts the starts of a container, which is not tested here."""

    def __init__(self, restarts: int) -> None:
        self._restarts = restarts

    def run(self, *_arguments: str) -> str:
        return str(self._restarts)


@pytest.mark.parametrize(("restarts", "ended"), [(0, False), (ENDS - 1, False), (ENDS, True), (40, True)])
def test_a_pod_that_ends_at_each_start_is_given_up(restarts: int, ended: bool) -> None:
    pod: Any = Pod("web", "io", "digest", 30, {"spec": {"containers": [{"name": "worker"}]}}, (), {})

    assert keeps_ending(Podman(restarts), pod) is ended  # type: ignore[arg-type]
