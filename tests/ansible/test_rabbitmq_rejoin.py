"""When the host of a RabbitMQ node restarts it because it is apart. The scenario hard_day causes it on a cluster."""

from types import ModuleType

import pytest

from tests.ansible.loaded import loaded
from tests.ansible.roles import ANSIBLE

PROGRAM = ANSIBLE / "roles" / "rabbitmq" / "files" / "rabbitmq_rejoin.py"
MEMBERS = ("a", "b", "c")


@pytest.fixture(scope="module")
def rejoin() -> ModuleType:
    return loaded(PROGRAM)


def test_the_third_is_apart_from_two_that_run_together(rejoin: ModuleType) -> None:
    views = {"a": "a", "b": "bc", "c": "bc"}
    group = rejoin.majority(MEMBERS, views)

    assert group == ["b", "c"]
    assert {node: rejoin.apart_from(node, group, views) for node in MEMBERS} == {"a": ["b", "c"], "b": [], "c": []}


def test_each_is_apart_from_each_without_a_majority_to_join(rejoin: ModuleType) -> None:
    views = {"a": "a", "b": "b", "c": "c"}

    assert rejoin.majority(MEMBERS, views) == []
    assert rejoin.apart_from("a", [], views) == ["b", "c"]


def test_a_node_that_is_cut_off_hears_of_no_majority(rejoin: ModuleType) -> None:
    """The others do not answer, so a restart would help nobody."""
    views = {"a": "a"}

    assert rejoin.majority(MEMBERS, views) == []
    assert rejoin.apart_from("a", [], views) == []


def test_a_node_that_answers_too_late_is_not_apart_while_the_others_count_it(rejoin: ModuleType) -> None:
    views = {"b": "abc", "c": "abc"}

    assert rejoin.apart_from("a", rejoin.majority(MEMBERS, views), views) == []


def test_a_node_that_answers_nothing_is_apart_from_those_that_run_together(rejoin: ModuleType) -> None:
    views = {"b": "bc", "c": "bc"}

    assert rejoin.apart_from("a", rejoin.majority(MEMBERS, views), views) == ["b", "c"]


def test_a_node_that_the_others_do_not_count_is_apart_although_it_counts_them(rejoin: ModuleType) -> None:
    views = {"a": "abc", "b": "bc", "c": "bc"}

    assert rejoin.apart_from("a", rejoin.majority(MEMBERS, views), views) == ["b", "c"]


def test_of_two_that_do_not_count_each_other_one_is_apart(rejoin: ModuleType) -> None:
    views = {"a": "ac", "b": "bc", "c": "abc"}
    group = rejoin.majority(MEMBERS, views)

    assert {node: rejoin.apart_from(node, group, views) for node in MEMBERS} == {"a": [], "b": ["a"], "c": []}


def test_a_node_with_the_majority_is_not_apart_because_another_is(rejoin: ModuleType) -> None:
    members, views = "abcde", {"a": "abce", "b": "abce", "c": "abce", "d": "d", "e": "abce"}

    assert rejoin.apart_from("a", rejoin.majority(members, views), views) == []


@pytest.mark.parametrize("partitions", [{"a": ["c"]}, {"c": ["a"]}])
def test_a_partition_counts_whichever_side_says_so(rejoin: ModuleType, partitions: dict[str, list[str]]) -> None:
    status = {"running_nodes": ["a", "b", "c"], "partitions": partitions}

    assert rejoin.together("a", status) == ["a", "b"]


def test_a_node_is_restarted_once_it_was_apart_for_long_enough(rejoin: ModuleType) -> None:
    first = rejoin.seen(rejoin.State(), apart=True, now=1000)
    later = rejoin.seen(first, apart=True, now=1065)

    assert not rejoin.is_due(first, now=1000, after=60, pause=900)
    assert rejoin.is_due(later, now=1065, after=60, pause=900)


def test_a_node_that_rejoined_by_itself_begins_anew(rejoin: ModuleType) -> None:
    first = rejoin.seen(rejoin.State(), apart=True, now=1000)
    healed = rejoin.seen(first, apart=False, now=1030)
    again = rejoin.seen(healed, apart=True, now=1065)

    assert not rejoin.is_due(again, now=1065, after=60, pause=900)


def test_time_without_checks_is_no_time_apart(rejoin: ModuleType) -> None:
    """The whole machine may have been frozen; its node gets the time to rejoin by itself."""
    first = rejoin.seen(rejoin.State(), apart=True, now=1000)
    resumed = rejoin.seen(first, apart=True, now=1000 + rejoin.GAP_SECONDS + 1)

    assert not rejoin.is_due(resumed, now=1000 + rejoin.GAP_SECONDS + 1, after=60, pause=900)


def test_a_restart_that_does_not_help_is_not_repeated_at_once(rejoin: ModuleType) -> None:
    state = rejoin.State(checked=1000, apart_since=900, restarted=800)

    assert not rejoin.is_due(state, now=1000, after=60, pause=900)
    assert rejoin.is_due(state, now=1700, after=60, pause=900)
