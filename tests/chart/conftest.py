"""Fixtures with each case of `rendered.CASES`."""

import pytest

from .rendered import CASES, Rendered, case_id, render


@pytest.fixture(params=CASES, ids=case_id)
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)


@pytest.fixture(params=[case for case in CASES if case[2] == "keda"], ids=case_id)
def with_keda(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)


@pytest.fixture(params=[case for case in CASES if case[2] == "hpa"], ids=case_id)
def with_hpa(request: pytest.FixtureRequest) -> Rendered:
    return render(*request.param)
