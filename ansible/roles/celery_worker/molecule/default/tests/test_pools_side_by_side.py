"""Two pools on one host have their own units, limits and ports, and neither removes the other's workers as surplus."""

from typing import Any


def shown(host: Any, unit: str, name: str) -> str:
    return str(host.check_output(f"systemctl show --value -p {name} {unit}"))


def test_both_pools_run_and_start_at_boot(host: Any) -> None:
    for unit in ("celery-worker@io-1", "celery-worker@io-2", "celery-worker-mail@mail-1"):
        assert host.service(unit).is_running, unit
        assert host.service(unit).is_enabled, unit


def test_each_is_stopped_within_its_own_time(host: Any) -> None:
    assert shown(host, "celery-worker@io-1", "TimeoutStopUSec") == "30s"
    assert shown(host, "celery-worker-mail@mail-1", "TimeoutStopUSec") == "1min"


def test_each_serves_its_metrics_on_a_port_of_its_own(host: Any) -> None:
    files = ("io-1", "io-2", "mail-1")
    ports = [host.file(f"/etc/celery/worker-{name}.env").content_string.strip() for name in files]

    assert ports == [f"CELERY_METRICS_PORT={port}" for port in (9540, 9541, 9542)]


def test_the_second_pool_is_told_which_it_is(host: Any) -> None:
    pid = shown(host, "celery-worker-mail@mail-1", "MainPID")

    assert "--pool mail" in host.check_output(f"tr '\\0' ' ' < /proc/{pid}/cmdline")
