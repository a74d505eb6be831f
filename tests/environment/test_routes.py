"""Routes: the first match counts, and a route that could never be it is refused."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from celery_platform.environment import EnvironmentFileError, load
from celery_platform.environment.patterns import unmatched
from hypothesis import example, given
from hypothesis import strategies as st

from .conftest import Edit

FIRST = '    - {tasks: "probe.endless", queue: slow}\n'
# Small enough that every name up to a length can be tried: letters, a wildcard of each kind, sets and their negation.
ALPHABET = "ab."
patterns = st.lists(st.sampled_from(["a", "b", ".", "*", "?", "[ab]", "[!a]"]), min_size=1, max_size=4).map("".join)
NAMES = ["".join(letters) for length in range(1, 7) for letters in product(ALPHABET, repeat=length)]


@given(later=patterns, earlier=st.lists(patterns, max_size=3))
@example(later="a*", earlier=["a", "a?*"])
@example(later="[]]", earlier=["]"])
def test_a_pattern_is_shadowed_exactly_where_no_name_is_left_for_it(later: str, earlier: list[str]) -> None:
    witness = unmatched(later, earlier)

    left = [name for name in NAMES if fnmatchcase(name, later) and not any(fnmatchcase(name, e) for e in earlier)]
    if witness is None:
        assert left == []
    else:
        assert fnmatchcase(witness, later)
        assert not any(fnmatchcase(witness, pattern) for pattern in earlier)


@given(earlier=st.lists(patterns, min_size=1, max_size=4), name=st.sampled_from(NAMES))
def test_the_first_route_that_matches_hides_every_later_one_of_the_same_name(earlier: list[str], name: str) -> None:
    assert (unmatched(name, earlier) is None) == any(fnmatchcase(name, pattern) for pattern in earlier)


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        (
            '{tasks: "*", queue: quick}',
            r"routes\.1\.tasks: found probe\.endless, all .* match \* before it",
        ),
        (
            '{tasks: "probe.endles?", queue: quick}',
            r"routes\.1\.tasks: found probe\.endless, all .*endles\?",
        ),
        ('{tasks: "probe.*", queue: default}', r"routes\.2\.tasks: found two routes for probe\.\*: number 0 already"),
        ('{tasks: "new.*", queue: quik}', r"routes\.0\.queue: found 'quik' for new\.\*; allowed: one of: default, eff"),
    ],
)
def test_a_route_that_says_nothing_or_names_no_queue_is_refused(edit_prod: Edit, added: str, problem: str) -> None:
    edit_prod(FIRST, f"    - {added}\n{FIRST}")

    with pytest.raises(EnvironmentFileError, match=f"application\\.{problem}"):
        load("prod")


def test_routes_that_only_together_cover_a_later_one_are_named_together(edit_prod: Edit) -> None:
    parts = '    - {tasks: "[!a-m]*", queue: slow}\n    - {tasks: "[a-m]*", queue: quick}\n'
    edit_prod(FIRST, f"{parts}{FIRST}")

    with pytest.raises(EnvironmentFileError, match=r"probe\.endless, all of whose tasks match \[!a-m\]\* before it"):
        load("prod")
    edit_prod(f"{parts}{FIRST}", f'{parts}    - {{tasks: "*", queue: default}}\n')
    with pytest.raises(EnvironmentFileError, match=r"found \*, all .* match \[!a-m\]\* or \[a-m\]\* before"):
        load("prod")


def test_a_wide_route_after_the_narrow_ones_is_what_routes_are_for(edit_prod: Edit) -> None:
    edit_prod('    - {tasks: "exercises.nightly.*", queue: nightly}', '    - {tasks: "*", queue: nightly}')

    assert load("prod").application.routes[-1].tasks == "*"


def test_a_default_queue_that_does_not_exist_is_refused(edit_prod: Edit) -> None:
    edit_prod("  celery: exercises.celery:celery", "  celery: exercises.celery:celery\n  default_queue: nowhere")

    with pytest.raises(EnvironmentFileError, match=r"application\.default_queue: found 'nowhere'"):
        load("prod")


def test_many_routes_are_checked_while_nobody_waits() -> None:
    names = [f"company.area_{number}.tasks.*" for number in range(300)]

    assert all(unmatched(name, names[:number]) is not None for number, name in enumerate(names))
    assert unmatched("company.area_7.tasks.do", names) is None
    assert unmatched("company.*", [*names, "*"]) is None


@pytest.mark.parametrize("end", ["?" * 200, "[ab]" * 60, "?*" * 100])
@pytest.mark.timeout(20)
def test_patterns_with_a_state_for_each_way_to_read_a_name_are_given_up(end: str) -> None:
    # Without a bound these take longer than anybody lives, and a machine's memory.
    assert unmatched(f"*b{end}", [f"*a{end}"]) is not None
