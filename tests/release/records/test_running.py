"""Which release a host runs is found by its content."""

from datetime import UTC, datetime

from celery_platform.release.records.manifest import HostNote, Manifest, release_id
from celery_platform.release.records.running import on_hosts


def released(id_: str, sources: str, configuration: str) -> Manifest:
    """A record."""
    return Manifest(
        id=id_, environment="prod", commit="c", dirty=False, pushed_by="ada", pushed_at=datetime.now(UTC),
        sources=sources, configuration=configuration, parts={}, image=None,
    )  # fmt: skip


def test_hosts_are_counted_by_the_release_whose_code_and_configuration_they_run() -> None:
    note = HostNote(release="aaaa-python3.13", configuration="c1")
    running = on_hosts([released("r1", "aaaa", "c1")], {"w-2": note, "w-1": note})
    running.pods = "r1"

    assert running.of("r1") == "2 hosts, pods"
    assert running.of("r2") == ""


def test_a_host_with_another_configuration_runs_no_recorded_release() -> None:
    running = on_hosts([released("r1", "aaaa", "c1")], {"w-1": HostNote(release="aaaa-python3.13", configuration="c2")})

    assert (running.of("r1"), running.unrecorded) == ("", {"w-1": "aaaa-python3.13, configuration c2"})


def test_to_hosts_releases_that_differ_in_their_chart_are_the_newest_of_them() -> None:
    newest_first = [released("r2", "aaaa", "c1"), released("r1", "aaaa", "c1")]
    running = on_hosts(newest_first, {"w-1": HostNote(release="aaaa-python3.13", configuration="c1")})

    assert (running.of("r2"), running.of("r1")) == ("1 host", "")


def test_each_part_of_a_release_is_in_its_id() -> None:
    ids = {
        release_id("aaaa", "c1", "h1", dirty=False),
        release_id("bbbb", "c1", "h1", dirty=False),
        release_id("aaaa", "c2", "h1", dirty=False),
        release_id("aaaa", "c1", "h2", dirty=False),
        release_id("aaaa", "c1", "h1", dirty=True),
    }

    assert len(ids) == 5
