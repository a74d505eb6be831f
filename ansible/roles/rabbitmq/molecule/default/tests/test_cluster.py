"""Three hosts, one cluster: what each node must say about itself and its peers."""

import json
from typing import Any

NODES = [f"rabbit@molecule-rabbitmq-{number}" for number in (1, 2, 3)]


def _status(host: Any) -> dict[str, Any]:
    return dict(json.loads(host.check_output("rabbitmqctl -q --formatter json cluster_status")))


def _curl(host: Any, path: str, credentials: str = "shop:molecule-password") -> Any:
    """Answer of the management API on the private address, by the Python every host has."""
    address = host.check_output("hostname -I").split()[0]
    return host.run(
        "python3 -c %s",
        "import requests, sys; "
        f"answer = requests.get('http://{address}{path}', auth=tuple('{credentials}'.split(':')), timeout=10); "
        "print(answer.status_code); print(answer.text)",
    )


def test_every_node_sees_the_same_three(host: Any) -> None:
    status = _status(host)
    assert sorted(status["disk_nodes"]) == NODES
    assert sorted(status["running_nodes"]) == NODES
    assert status["alarms"] == []
    assert status["cluster_name"] == "molecule"


def test_cookie_is_readable_by_the_server_alone(host: Any) -> None:
    cookie = host.file("/var/lib/rabbitmq/.erlang.cookie")
    assert (cookie.user, cookie.mode) == ("rabbitmq", 0o400)


def test_server_starts_at_boot(host: Any) -> None:
    service = host.service("rabbitmq-server")
    assert service.is_enabled
    assert service.is_running


def test_listens_on_the_private_address_only(host: Any) -> None:
    sockets = host.check_output("ss -Htln").splitlines()
    address = host.check_output("hostname -I").split()[0]
    for port in (5672, 15672, 15692):
        local = [line.split()[3] for line in sockets if line.split()[3].endswith(f":{port}")]
        assert local == [f"{address}:{port}"]


def test_only_the_users_in_the_data_exist(host: Any) -> None:
    users = json.loads(host.check_output("rabbitmqctl -q --formatter json list_users"))
    assert {user["user"]: user["tags"] for user in users} == {"shop": [], "watcher": ["monitoring"]}
    assert host.run("rabbitmqctl -q authenticate_user shop molecule-password").rc == 0


def test_only_the_virtual_hosts_in_the_data_exist(host: Any) -> None:
    assert json.loads(host.check_output("rabbitmqctl -q --formatter json list_vhosts")) == [{"name": "shop"}]


def test_monitoring_user_reads_the_nodes_and_no_queue(host: Any) -> None:
    assert _curl(host, ":15672/api/nodes", "watcher:watcher-password").stdout.startswith("200")
    permissions = host.check_output("rabbitmqctl -q --formatter json list_user_permissions watcher")
    assert json.loads(permissions) == []


def test_server_knows_what_it_has_read(host: Any) -> None:
    assert host.run("sha256sum --check --status /run/rabbitmq/started-with").rc == 0


def test_settings_are_in_force(host: Any) -> None:
    environment = host.check_output(
        "rabbitmqctl -q eval %s",
        "{application:get_env(rabbit, consumer_timeout), application:get_env(rabbit, default_queue_type)}.",
    )
    assert "420000" in environment
    assert "quorum" in environment


def test_policy_moves_refused_messages_to_the_dead_letter_queue(host: Any) -> None:
    (policy,) = json.loads(host.check_output("rabbitmqctl -q --formatter json list_policies -p shop"))
    definition = policy["definition"]
    definition = json.loads(definition) if isinstance(definition, str) else definition
    assert policy["pattern"] == r"^orders\.new$"
    assert definition["dead-letter-strategy"] == "at-least-once"
    assert definition["delivery-limit"] == 5


def test_metrics_are_served(host: Any) -> None:
    answer = _curl(host, ":15692/metrics")
    assert answer.stdout.startswith("200")
    assert "rabbitmq_build_info" in answer.stdout


def test_application_user_cannot_enter_the_management_interface(host: Any) -> None:
    assert _curl(host, ":15672/api/overview").stdout.startswith("401")
