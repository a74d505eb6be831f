"""What a tunnel leads to, from an environment's values."""

import pytest
from celery_platform.environment import resolve
from celery_platform.errors import TunnelError
from celery_platform.tunnel.targets import MOST_WORKERS, ON_THE_GATE, Target, chosen, targets_of

from tests.harness.environment import PROD, described
from tests.harness.servers import REPOSITORY

URLS = [("management", "https://10.40.128.10:15671"), ("broker", "amqps://rabbitmq.celery-prod.internal:5671")]
API = "https://0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com"


def test_each_url_is_a_target_and_the_monitoring_host_serves_two() -> None:
    found = targets_of(URLS, ["10.40.128.40:9540"], API, ON_THE_GATE)

    assert found == [
        Target("management", "10.40.128.10", 15671),
        Target("broker", "rabbitmq.celery-prod.internal", 5671),
        Target("prometheus", "127.0.0.1", 9090),
        Target("alertmanager", "127.0.0.1", 9093),
        Target("kubernetes", "0123456789abcdef.gr7.eu-west-1.eks.amazonaws.com", 443),
        Target("workers", "10.40.128.40", 9540),
    ]


def test_a_console_on_the_monitoring_host_is_a_target() -> None:
    found = targets_of([], [], None, ON_THE_GATE | {"console": 8321})

    assert found[-1] == Target("console", "127.0.0.1", 8321)


def test_many_workers_are_forwarded_only_if_they_are_asked_for() -> None:
    workers = [f"10.40.128.{number}:9540" for number in range(MOST_WORKERS + 1)]
    found = targets_of(URLS, workers, None, {})

    assert [target.label for target in chosen(found, [])] == ["management", "broker"]
    assert len(list(chosen(found, ["workers"]))) == MOST_WORKERS + 1


def test_an_unknown_label_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TunnelError, match="Use one of: management, broker"):
        list(chosen(targets_of(URLS, [], None, {}), ["database"]))


@pytest.mark.parametrize(("unit", "file"), [("prometheus", "prometheus"), ("alertmanager", "alertmanager")])
def test_the_ports_on_the_monitoring_host_are_those_of_its_role(unit: str, file: str) -> None:
    options = (REPOSITORY / f"ansible/roles/monitoring/templates/{file}.default.j2").read_text()

    assert f"--web.listen-address={{{{ monitoring_address }}}}:{ON_THE_GATE[unit]} " in options


def test_production_has_a_host_to_go_through() -> None:
    assert resolve(described(PROD))["monitoring_hosts"]
