"""Generated values of each kind: the file is refused exactly if the other system's own rule refuses the value."""

import string
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
import yaml
from celery.schedules import crontab
from celery_platform.environment.aws.regions import SUFFIX, regions
from celery_platform.environment.aws.sizes import MACOS, amazon_mq, ec2, elasticache
from celery_platform.environment.host_names import fault_of
from celery_platform.environment.ranges import reserved
from celery_platform.environment.rules.schedule import FIELDS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.provisional import domains

from .broken import edited, faults, refusal

CRON = 'cron: "0 6 * * *"'
SOME = settings(max_examples=60, deadline=None)
PURE = settings(deadline=None)


def refused(old: str, new: str, path: str) -> bool:
    """Whether the file with this value is refused because of it; the message is checked, too."""
    message = refusal(edited(old, new))
    if message is None:
        return False
    assert faults(message) == [], message
    assert path in message, message
    return True


# --- Celery's own parser decides about cron ---------------------------------------------------------------------------
def field(least: int, most: int) -> st.SearchStrategy[str]:
    """A field of cron: mostly valid, sometimes a little beyond what is allowed, and what only other crons know."""
    number = st.integers(max(0, least - 1), most + 2).map(str)
    ranged = st.tuples(number, number).map("-".join)
    stepped = st.tuples(st.sampled_from(["*", "0-5"]), st.integers(0, 3)).map(lambda two: f"{two[0]}/{two[1]}")
    listed = st.lists(number, min_size=2, max_size=3).map(",".join)
    return st.one_of(
        st.just("*"), number, ranged, stepped, listed, st.sampled_from(["L", "?", "5L", "1#2", "mon", "jan", ""])
    )


FIELD_OF_CRON = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))


@settings(max_examples=300, deadline=None)
@given(FIELD_OF_CRON)
def test_cron_is_accepted_exactly_if_celery_accepts_it(fields: tuple[str, ...]) -> None:
    written = " ".join(fields)

    assert refused(CRON, f'cron: "{written}"', "schedule.every_night.cron") == (
        not celery_runs_it_as_cron_would(written)
    )


def celery_runs_it_as_cron_would(written: str) -> bool:
    fields = written.split()
    if len(fields) != len(FIELDS):
        return False
    try:
        crontab(**dict(zip((name for name, _ in FIELDS), fields, strict=True)))
    except Exception:
        return False
    return "*" in (fields[2], fields[4])


@pytest.mark.parametrize("written", ["0 6 * * 7", "61 6 * * *", "0 24 * * *", "0 0 L * *", "*/0 * * * *", "a b c d e"])
def test_the_crons_that_once_stopped_every_process_are_refused(written: str) -> None:
    assert refused(CRON, f'cron: "{written}"', "schedule.every_night.cron")


# --- regions and sizes ------------------------------------------------------------------------------------------------
@SOME
@given(st.from_regex(r"(eu|us|ap|xx)-(west|gov-east|nowhere)-[0-9]", fullmatch=True))
def test_a_region_is_accepted_exactly_if_aws_has_it(name: str) -> None:
    usable = name in regions() and regions()[name].suffix == SUFFIX

    if name != "us-west-1":
        assert refused("region: eu-west-1", f"region: {name}", "region:") == (not usable)


def misspelt(known: Any) -> st.SearchStrategy[str]:
    """A name that exists, or one with a character of it replaced, repeated or left out."""
    names, letters = st.sampled_from(sorted(known)), st.sampled_from(string.ascii_lowercase + string.digits)
    changed = st.tuples(names, st.integers(0, 30), st.one_of(st.just(""), letters)).map(
        lambda one: one[0][: one[1]] + one[2] + one[0][one[1] + 1 :]
    )
    return st.one_of(names, changed)


@SOME
@given(misspelt(ec2()))
def test_a_size_is_accepted_exactly_if_ec2_has_it_for_linux(name: str) -> None:
    usable = ec2().get(name, MACOS) != MACOS

    assert refused("instance_type: c7i.xlarge", f"instance_type: '{name}'", "pools.cpu.instance_type") == (not usable)


@SOME
@given(misspelt(elasticache()))
def test_a_node_type_is_accepted_exactly_if_elasticache_has_it(name: str) -> None:
    usable = name in elasticache()

    assert refused("node_type: cache.m7g.large", f"node_type: '{name}'", "results.node_type") == (not usable)


@SOME
@given(misspelt(amazon_mq()))
def test_a_broker_size_is_accepted_exactly_if_amazon_mq_has_it_for_the_version(name: str) -> None:
    usable = name in amazon_mq() and name.startswith("mq.m7g.")

    assert refused("mq.m7g.large", f"'{name}'", "broker.amazon_mq.instance_type") == (not usable)


# --- addresses, hosts and mail ----------------------------------------------------------------------------------------
@SOME
@given(st.integers(0, 2**32 - 1), st.integers(16, 21))
def test_a_network_is_accepted_exactly_if_its_addresses_are_not_reserved(address: int, prefix: int) -> None:
    network = IPv4Network((address, prefix), strict=False)
    first = network.network_address
    unusable = first.is_loopback or first.is_link_local or first.is_multicast or first.is_reserved
    unusable = unusable or first in IPv4Network("0.0.0.0/8")

    assert refused("cidr: 10.40.0.0/16", f"cidr: {network}", "network.cidr") == unusable


@PURE
@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_address_is_reserved_exactly_if_it_belongs_to_no_host(address: IPv4Address) -> None:
    special = address.is_loopback or address.is_link_local or address.is_multicast or address.is_reserved

    assert (reserved(address) is not None) == (special or address in IPv4Network("0.0.0.0/8"))


@PURE
@given(domains())
def test_a_domain_is_a_possible_host(domain: str) -> None:
    assert fault_of(domain) is None


@PURE
@given(domains(), st.sampled_from([" ", "/", ":", "@", "*", "'", "\\", "..", "é"]), st.integers(0, 40))
def test_a_domain_with_a_character_that_none_has_is_no_host(domain: str, wrong: str, at: int) -> None:
    assert fault_of(domain[:at] + wrong + domain[at:] + "x") is not None


@SOME
@given(st.emails())
def test_an_address_of_the_standards_is_accepted(address: str) -> None:
    usable = len(address) <= 254

    assert refused("notify: oncall@example.com", f"notify: {quoted(address)}", "alerts.notify") == (not usable)


@SOME
@given(
    st.text(string.ascii_letters + string.digits + " #,;<>()[]@.:/", max_size=30).filter(lambda text: "@" not in text)
)
def test_text_without_an_at_is_no_address(text: str) -> None:
    assert refused("notify: oncall@example.com", f"notify: {quoted(text)}", "alerts.notify")


@SOME
@given(st.text(max_size=40))
def test_an_owner_is_accepted_exactly_if_its_characters_are_those_of_tags(owner: str) -> None:
    allowed = all(letter.isalnum() or letter in " _.:/=+-@" for letter in owner)
    told = refused("owner: platform@example.com", f"owner: {quoted(owner)}", "")

    assert told == (not allowed or not owner)


def quoted(text: str) -> str:
    """The text as YAML writes it in double quotes, with line breaks as escapes."""
    return yaml.safe_dump(text, default_style='"', width=10_000).strip()
