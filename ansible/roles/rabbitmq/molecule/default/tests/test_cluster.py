"""A cluster of three hosts, as each node reports it."""

import json
from typing import Any

NODES = [f"rabbit@molecule-rabbitmq-{number}" for number in (1, 2, 3)]


def _status(host: Any) -> dict[str, Any]:
    return dict(json.loads(host.check_output("rabbitmqctl -q --formatter json cluster_status")))


def _status_of(host: Any, url: str, credentials: str | None = None) -> str:
    """Status and body of a response on the private address, verified with the authority's certificate."""
    address = host.check_output("hostname -I").split()[0]
    login = f"-u {credentials}" if credentials else ""
    return str(host.check_output(f"{ASK} {login} {url.format(address=address)}"))


# In Python, because the hosts have no curl.
ASK = """python3 -c '
import base64, ssl, sys, urllib.error, urllib.request
context = ssl.create_default_context(cafile="/etc/rabbitmq/tls/ca_certificate.pem")
request = urllib.request.Request(sys.argv[-1])
if sys.argv[1] == "-u":
    request.add_header("Authorization", "Basic " + base64.b64encode(sys.argv[2].encode()).decode())
try:
    answer = urllib.request.urlopen(request, context=context if sys.argv[-1].startswith("https") else None, timeout=20)
    print(answer.status, answer.read().decode())
except urllib.error.HTTPError as error:
    print(error.code)
'"""


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
    assert [line for line in sockets if line.split()[3].endswith((":5672", ":15672"))] == []  # nothing without TLS
    for port in (5671, 15671, 15692):
        local = [line.split()[3] for line in sockets if line.split()[3].endswith(f":{port}")]
        assert local == [f"{address}:{port}"]


def test_only_the_users_in_the_data_exist(host: Any) -> None:
    users = json.loads(host.check_output("rabbitmqctl -q --formatter json list_users"))
    assert {user["user"]: user["tags"] for user in users} == {"shop": [], "watcher": ["monitoring"]}
    assert host.run("rabbitmqctl -q authenticate_user shop molecule-password").rc == 0


def test_only_the_virtual_hosts_in_the_data_exist(host: Any) -> None:
    assert json.loads(host.check_output("rabbitmqctl -q --formatter json list_vhosts")) == [{"name": "shop"}]


def test_monitoring_user_reads_the_nodes_and_no_queue(host: Any) -> None:
    assert _status_of(host, "https://{address}:15671/api/nodes", "watcher:watcher-password").startswith("200")
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
    answer = _status_of(host, "http://{address}:15692/metrics")
    assert answer.startswith("200")
    assert "rabbitmq_build_info" in answer


def test_host_checks_whether_its_node_is_apart(host: Any) -> None:
    assert host.service("rabbitmq-rejoin.timer").is_running
    assert host.service("rabbitmq-rejoin.timer").is_enabled

    host.check_output("systemctl start rabbitmq-rejoin.service")

    reported = _status_of(host, "http://{address}:15692/metrics").splitlines()
    assert "rabbitmq_rejoin_apart_seconds 0.0" in reported
    assert "rabbitmq_rejoin_restarts_total 0" in reported


def test_application_user_cannot_enter_the_management_interface(host: Any) -> None:
    assert _status_of(host, "https://{address}:15671/api/overview", "shop:molecule-password").startswith("401")


def test_nodes_speak_tls_to_each_other(host: Any) -> None:
    peers = host.check_output("rabbitmqctl -q eval %s", PEERS)
    assert peers.count("tls") == peers.count("rabbit@molecule-rabbitmq-") == 2


# The connections of this node to the other nodes.
PEERS = (
    "[{N, element(4, proplists:get_value(address, I))} || "
    "{N, I} <- element(2, net_kernel:nodes_info()), lists:member(N, nodes())]."
)


def test_limits_are_in_force(host: Any) -> None:
    limits = host.check_output("cat /proc/$(pidof beam.smp)/limits")
    assert any(line.split()[:4] == ["Max", "open", "files", "20000"] for line in limits.splitlines())
    output = host.check_output("rabbitmqctl -q eval %s", LIMITS)
    assert output.replace("\n", "").replace(" ", "") == '{512,16777216,"200MB"}'


LIMITS = (
    "{ok, C} = application:get_env(rabbit, channel_max), {ok, M} = application:get_env(rabbit, max_message_size), "
    "{ok, D} = application:get_env(rabbit, disk_free_limit), {C, M, D}."
)
