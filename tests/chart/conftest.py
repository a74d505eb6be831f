"""Fixtures with each case of `rendered.CASES`."""

import pytest

from .rendered import CASES, Rendered, render, said


@pytest.fixture(params=CASES, ids=said)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)


@pytest.fixture(params=[case for case in CASES if case[2] == "keda"], ids=said)
def with_keda(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)


@pytest.fixture(params=[case for case in CASES if case[2] == "hpa"], ids=said)
def with_hpa(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)
