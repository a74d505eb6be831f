"""Routes: the first match is used, and a route that could never match is refused."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from celery_platform.environment import EnvironmentFileError, load
from celery_platform.environment.patterns import Patterns, unmatched
from hypothesis import example, given, settings
from hypothesis import strategies as st

from .conftest import Edit

FIRST = '    - {tasks: "probe.endless", queue: slow}\n'
# Small enough that every name up to a length can be tried: letters, a wildcard of each kind, sets and their negation.
ALPHABET = "ab."
patterns = st.lists(st.sampled_from(["a", "b", ".", "*", "?", "[ab]", "[!a]"]), min_size=1, max_size=4).map("".join)
UNHURRIED = settings(deadline=None)
NAMES = ["".join(letters) for length in range(1, 7) for letters in product(ALPHABET, repeat=length)]


@UNHURRIED
@given(later=patterns, earlier=st.lists(patterns, max_size=3))
@example(later="a*", earlier=["a", "a?*"])
@example(later="[]]", earlier=["]"])
def test_a_pattern_is_shadowed_exactly_if_earlier_ones_match_all_its_names(later: str, earlier: list[str]) -> None:
    witness = unmatched(later, earlier)

    left = [name for name in NAMES if fnmatchcase(name, later) and not any(fnmatchcase(name, e) for e in earlier)]
    if witness is None:
        assert left == []
    else:
        assert fnmatchcase(witness, later)
        assert not any(fnmatchcase(witness, pattern) for pattern in earlier)


@UNHURRIED
@given(earlier=st.lists(patterns, min_size=1, max_size=4), name=st.sampled_from(NAMES))
def test_the_first_route_that_matches_hides_every_later_one_of_the_same_name(earlier: list[str], name: str) -> None:
    assert (unmatched(name, earlier) is None) == any(fnmatchcase(name, pattern) for pattern in earlier)


@UNHURRIED
@given(earlier=st.lists(patterns, max_size=4), later=patterns, name=st.sampled_from(NAMES))
def test_what_an_index_leaves_out_matches_nothing(earlier: list[str], later: str, name: str) -> None:
    index = Patterns(earlier)
    left_out = [pattern for pattern in earlier if pattern not in index.sharing(later)]

    assert index.first(name) == next((at for at, one in enumerate(earlier) if fnmatchcase(name, one)), None)
    assert not any(fnmatchcase(each, later) and fnmatchcase(each, one) for one in left_out for each in NAMES)


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        (
            '{tasks: "*", queue: quick}',
            r"routes\.1\.tasks: found probe\.endless, whose tasks all match an earlier route: \*",
        ),
        (
            '{tasks: "probe.endles?", queue: quick}',
            r"routes\.1\.tasks: found probe\.endless, whose .*endles\?",
        ),
        (
            '{tasks: "probe.*", queue: default}',
            r"routes\.2\.tasks: found a second route for probe\.\*: the first is number 0",
        ),
        ('{tasks: "new.*", queue: quik}', r"routes\.0\.queue: found 'quik' for new\.\*; allowed: one of: default, eff"),
    ],
)
def test_a_useless_route_or_one_without_a_queue_is_refused(edit_prod: Edit, added: str, problem: str) -> None:
    edit_prod(FIRST, f"    - {added}\n{FIRST}")

    with pytest.raises(EnvironmentFileError, match=f"application\\.{problem}"):
        load("prod")


def test_routes_that_shadow_a_later_one_only_together_are_all_listed(edit_prod: Edit) -> None:
    parts = '    - {tasks: "[!a-m]*", queue: slow}\n    - {tasks: "[a-m]*", queue: quick}\n'
    edit_prod(FIRST, f"{parts}{FIRST}")

    with pytest.raises(
        EnvironmentFileError, match=r"probe\.endless, whose tasks all match an earlier route: \[!a-m\]\*"
    ):
        load("prod")
    edit_prod(f"{parts}{FIRST}", f'{parts}    - {{tasks: "*", queue: default}}\n')
    with pytest.raises(
        EnvironmentFileError, match=r"found \*, whose tasks all match an earlier route: \[!a-m\]\* or \[a-m\]\*"
    ):
        load("prod")


def test_a_wide_route_after_narrow_ones_is_accepted(edit_prod: Edit) -> None:
    edit_prod('    - {tasks: "exercises.nightly.*", queue: nightly}', '    - {tasks: "*", queue: nightly}')

    assert load("prod").application.routes[-1].tasks == "*"


def test_a_default_queue_that_does_not_exist_is_refused(edit_prod: Edit) -> None:
    edit_prod("  celery: exercises.celery:celery", "  celery: exercises.celery:celery\n  default_queue: nowhere")

    with pytest.raises(EnvironmentFileError, match=r"application\.default_queue: found 'nowhere'"):
        load("prod")


def test_many_routes_are_checked_quickly() -> None:
    names = [f"company.area_{number}.tasks.*" for number in range(300)]

    assert all(unmatched(name, names[:number]) is not None for number, name in enumerate(names))
    assert unmatched("company.area_7.tasks.do", names) is None
    assert unmatched("company.*", [*names, "*"]) is None


@pytest.mark.parametrize("end", ["?" * 200, "[ab]" * 60, "?*" * 100])
@pytest.mark.timeout(20)
def test_the_search_stops_on_patterns_with_too_many_states(end: str) -> None:
    # Without the bound, these patterns would take years and exhaust the memory.
    assert unmatched(f"*b{end}", [f"*a{end}"]) is not None
