"""What listens in an environment's network, and what its security groups let through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from documentation.connections.applied import Applied

INGRESS, EGRESS = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
# EKS creates the cluster's group with rules that are in no plan: everything from itself, and everything to anywhere
# (EKS guide, "View Amazon EKS security group requirements for clusters").
OF_EKS = "EKS's own rule"
API = 443
# Stands for the private names of all interface endpoints, such as sqs.eu-west-1.amazonaws.com.
ENDPOINTS = "endpoints.internal"
# Stands for the pods of the cluster, whose nodes have its group.
PODS = "pods.internal"


@dataclass(frozen=True)
class Place:
    """Something with security groups: what listens, or where a connection begins.

    `address` is that of a machine, or of the network for what has none of its own. `behind` is what a load balancer
    passes connections on to, by port. `ports` are those on which it listens.
    """

    name: str
    groups: frozenset[str]
    address: str
    ports: frozenset[int] = frozenset()
    behind: Mapping[int, tuple["Place", ...]] = field(default_factory=dict)


class Network:
    """The places and rules of an applied environment."""

    def __init__(self, resolved: Mapping[str, Any], applied: Applied) -> None:
        self._resolved = resolved
        self._applied = applied
        self._inside = str(resolved["network"]["cidr"])
        self.machines = {values["tags"]["Name"]: self._machine(values) for _, values in applied.of("aws_instance")}
        self.cluster = self._cluster()
        self._named = dict(self._names())

    def listener(self, host: str) -> Place | None:
        """What is reached by this name or address; None if nothing of the environment is."""
        return self._named.get(host)

    def is_inside(self, host: str) -> bool:
        """Whether the name or address is one of the environment's, so that something of it has to listen there."""
        try:
            return ip_address(host) in ip_network(self._inside)
        except ValueError:
            return host in self._named or host.endswith(".internal")

    @property
    def api(self) -> str:
        """The host of the cluster's API; empty without a cluster of the environment's own."""
        return next((cluster["endpoint"] for _, cluster in self._applied.of("aws_eks_cluster")), "")

    def let_in(self, source: Place, target: Place, port: int) -> str | None:
        """The address of the rule of `target` that admits `source`; None if no rule does."""
        if target.groups & source.groups & self._of_eks():
            return OF_EKS
        return self._rule(INGRESS, target.groups, source, port)

    def let_out(self, source: Place, target: Place, port: int) -> str | None:
        """The address of the rule of `source` that lets it connect to `target`; None if no rule does."""
        if source.groups & self._of_eks():
            return OF_EKS
        return self._rule(EGRESS, source.groups, target, port)

    def _rule(self, kind: str, groups: frozenset[str], other: Place, port: int) -> str | None:
        for address, rule in self._applied.of(kind):
            ports = rule["ip_protocol"] == "-1" or rule["from_port"] <= port <= rule["to_port"]
            if rule["security_group_id"] in groups and ports and _matches(rule, other):
                return address
        return None

    def _of_eks(self) -> frozenset[str]:
        return self.cluster.groups if self.cluster else frozenset()

    def _names(self) -> Iterator[tuple[str, Place]]:
        yield from ((machine.address, machine) for machine in self.machines.values())
        for _, record in self._applied.of("aws_route53_record"):
            yield record["name"], self._load_balancer()
        for _, group in self._applied.of("aws_elasticache_replication_group"):
            groups = frozenset(group["security_group_ids"])
            yield (
                group["primary_endpoint_address"],
                Place(group["replication_group_id"], groups, self._inside, frozenset({group["port"]})),
            )
        for _, broker in self._applied.of("aws_mq_broker"):
            ports = frozenset({5671, API})  # of Amazon MQ for RabbitMQ (developer guide, "Listeners")
            for instance in broker["instances"]:
                host = instance["console_url"].removeprefix("https://")
                yield host, Place(broker["broker_name"], frozenset(broker["security_groups"]), self._inside, ports)
        if self.cluster:
            yield self.api, self.cluster
            ports = frozenset({self._resolved["monitoring"]["worker_port"]})
            yield PODS, Place(f"pods of {self.cluster.name}", self.cluster.groups, self._inside, ports)
        endpoints = [values for _, values in self._applied.of("aws_vpc_endpoint") if values["security_group_ids"]]
        if endpoints:  # all have the same group
            groups = frozenset(endpoints[0]["security_group_ids"])
            yield ENDPOINTS, Place("interface endpoints", groups, self._inside, frozenset({API}))

    def _machine(self, values: Mapping[str, Any]) -> Place:
        role, monitoring = values["tags"]["Role"], self._resolved["monitoring"]
        secure = self._resolved["broker"]["rabbitmq"] and self._resolved["broker"]["rabbitmq"]["tls"]
        ports = {
            # rabbitmq.conf.j2 of the role, and what Erlang opens (rabbitmq.com, "Networking")
            "rabbitmq": {4369, 25672, monitoring["rabbitmq_port"], *((5671, 15671) if secure else (5672, 15672))},
            "worker": set(monitoring["worker_ports"]),
        }
        groups = frozenset(values["vpc_security_group_ids"])
        return Place(values["tags"]["Name"], groups, values["private_ip"], frozenset(ports.get(role, ())))

    def _load_balancer(self) -> Place:
        ((_, balancer),) = self._applied.of("aws_lb")
        by_id = {values["id"]: values["tags"]["Name"] for _, values in self._applied.of("aws_instance")}
        targets: dict[str, list[Place]] = {}
        for _, attached in self._applied.of("aws_lb_target_group_attachment"):
            targets.setdefault(attached["target_group_arn"], []).append(self.machines[by_id[attached["target_id"]]])
        behind = {
            listener["port"]: tuple(targets.get(listener["default_action"][0]["target_group_arn"], ()))
            for _, listener in self._applied.of("aws_lb_listener")
        }
        name = f"load balancer {balancer['name']}"
        return Place(name, frozenset(balancer["security_groups"]), self._inside, frozenset(behind), behind)

    def _cluster(self) -> Place | None:
        """The cluster's API and nodes, which have the same group."""
        for _, cluster in self._applied.of("aws_eks_cluster"):
            group = cluster["vpc_config"][0]["cluster_security_group_id"]
            return Place(f"cluster {cluster['name']}", frozenset({group}), self._inside, frozenset({API}))
        existing = self._resolved["eks"]["existing"]
        if existing is None:
            return None
        return Place(
            f"cluster {existing['name']}", frozenset({existing["security_group"]}), self._inside, frozenset({API})
        )


def _matches(rule: Mapping[str, Any], other: Place) -> bool:
    """Whether a rule is about this place: by one of its groups, or by a range that all of its addresses are in."""
    if rule.get("referenced_security_group_id") is not None:
        return rule["referenced_security_group_id"] in other.groups
    return ip_network(other.address).subnet_of(ip_network(rule["cidr_ipv4"]))  # type: ignore[arg-type] # both are IPv4
