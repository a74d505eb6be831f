"""Each case of `rendered.CASES` in turn."""

import pytest

from .rendered import CASES, Rendered, render


@pytest.fixture(params=CASES, ids=lambda case: "-".join(map(str, case)))
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)


@pytest.fixture(params=[case for case in CASES if case[2] == "keda"], ids=lambda case: "-".join(map(str, case)))
def with_keda(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)


@pytest.fixture(params=[case for case in CASES if case[2] == "hpa"], ids=lambda case: "-".join(map(str, case)))
def with_hpa(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)
