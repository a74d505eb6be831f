"""What Terraform makes of a resolved environment: the resources that can be lost, and the values that force new ones.

Each kind lists the keys of `resolved.json` from which its resources are made. A value of `forces` cannot change on an
existing resource: the provider destroys it and makes another (attributes with ForceNew, provider hashicorp/aws
5.100.0). Tests compare this with real plans (tests/terraform/test_forces.py, test_effects.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from celery_platform.environment.derived import Json

Found = Mapping[str, Json]

NOT_MOVED = "AWS does not move it to another VPC"
IN_ITS_VPC = {"network.cidr": NOT_MOVED, "vpc_id": NOT_MOVED}


@dataclass(frozen=True)
class Kind:
    """Resources of one Terraform type.

    `found` returns them by a key that stays the same as long as Terraform's address does, each with its values and a
    name (`called`). A change of one of `forces` replaces the resource, and `lost` is what goes with it. A change of one
    of `stuck`, or a smaller value of one of `grows`, is planned as an update that AWS refuses, for the reason given.
    A change of one of `stops` only stops it for a while. A list of `keeps` may get longer in place; if anything of it
    goes, the resource is replaced.
    """

    type: str
    what: str
    found: Callable[[Json], Found]
    forces: tuple[str, ...] = ()
    stuck: Mapping[str, str] = field(default_factory=dict)
    grows: Mapping[str, str] = field(default_factory=dict)
    stops: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    lost: str = ""


def _machines(env: Json) -> Found:
    groups = (env["rabbitmq_hosts"], env["worker_hosts"], env["monitoring_hosts"])
    subnets = _private_subnets(env)
    return {
        name: _called(name, {**host, "subnet": subnets[host["zone"]]})
        for group in groups
        for name, host in group.items()
    }


def _volumes(env: Json) -> Found:
    keys = ("zone", "volume_gib")
    return {
        name: _called(f"{name}-data", {key: host[key] for key in keys}) for name, host in env["rabbitmq_hosts"].items()
    }


def _networks(env: Json) -> Found:
    made = env["network"].get("existing") is None
    return {"vpc": _called(env["prefix"], {"network.cidr": env["network"]["cidr"]})} if made else {}


def _subnets(env: Json) -> Found:
    """The provider replaces a subnet whose range or whose VPC changes."""
    if env["network"].get("existing") is not None:
        return {}
    return {
        f"{zone}-{which}": _called(f"{zone} ({which})", {"cidr": cidrs[f"{which}_cidr"]} | _of_vpc(env))
        for zone, cidrs in env["network"]["zones"].items()
        for which in ("public", "private")
    }


def _nat_gateways(env: Json) -> Found:
    if env["network"].get("existing") is not None:
        return {}
    zones = sorted(env["network"]["zones"])
    with_one = zones if env["network"]["nat"] == "per_zone" else zones[:1]
    return {zone: _called(zone, _of_vpc(env)) for zone in with_one}


def _sqs_queues(env: Json) -> Found:
    if env["broker"]["kind"] != "sqs":
        return {}
    names = {label: (queue["name"], queue["dead_letter_name"]) for label, queue in env["queues"].items()}
    return {
        f"{label}{end}": _called(name, {"name": name})
        for label, both in names.items()
        for end, name in zip(("", "-dlq"), both, strict=True)
    }


def _amazon_mq(env: Json) -> Found:
    if env["broker"]["kind"] != "amazon_mq":
        return {}
    mq = env["broker"]["amazon_mq"]
    subnets = _private_subnets(env)
    # As in terraform/modules/amazon_mq/main.tf: a broker of one node is in the first zone.
    used = [subnets[zone] for zone in sorted(subnets)[: 3 if mq["deployment"] == "cluster" else 1]]
    values = {"broker.amazon_mq.deployment": mq["deployment"], "name": env["broker"]["name"], "subnets": used}
    return {"broker": _called(env["broker"]["name"], values | _of_vpc(env))}


def _stores(env: Json) -> Found:
    """The replication groups: the result store, and the broker if it is Redis."""
    stores = {"results": env["results"]}
    if env["broker"]["kind"] == "redis":
        stores["broker"] = env["broker"]["redis"] | {"name": env["broker"]["name"]}
    return {
        which: _called(store["name"], {"name": store["name"], "tls": store["tls"]} | _of_vpc(env))
        for which, store in stores.items()
    }


def _load_balancers(env: Json) -> Found:
    endpoint = env["broker"].get("endpoint")
    subnets = sorted(_private_subnets(env).values())
    return {"broker": _called(endpoint["host"], {"subnets": subnets} | _of_vpc(env))} if endpoint else {}


def _zones_of_dns(env: Json) -> Found:
    endpoint = env["broker"].get("endpoint")
    own = endpoint and endpoint["zone_id"] is None
    return {"broker": _called(endpoint["zone"], {"zone": endpoint["zone"]})} if own else {}


def _clusters(env: Json) -> Found:
    made = env["eks"]["enabled"] and env["eks"].get("existing") is None
    own = {key: env["eks"][key] for key in ("name", "service_cidr")}
    return {"cluster": _called(env["eks"]["name"], own | _of_vpc(env))} if made else {}


def _node_groups(env: Json) -> Found:
    if not _clusters(env) or env["eks"]["compute"] != "node_groups":
        return {}
    keys, subnets = ("instance_types", "capacity", "architecture"), sorted(_private_subnets(env).values())
    return {
        name: _called(name, {key: pool[key] for key in keys} | {"subnets": subnets} | _of_vpc(env))
        for name, pool in env["pools"].items()
        if pool["runs_on"] == "eks"
    }


def _private_subnets(env: Json) -> dict[str, str]:
    """The private subnet in each zone: its id if it exists already, or else the zone."""
    existing = env["network"].get("existing")
    return existing["private_subnet_ids"] if existing is not None else {zone: zone for zone in env["network"]["zones"]}


def _of_vpc(env: Json) -> Json:
    """The value that a new VPC changes for everything in it."""
    existing = env["network"].get("existing")
    return {"network.cidr": env["network"]["cidr"]} if existing is None else {"vpc_id": existing["vpc_id"]}


def _named(section: str) -> Callable[[Json], Found]:
    return lambda env: {label: _called(name, {"name": name}) for label, name in env[section].items()}


def _roles(env: Json) -> Found:
    return {name: _called(f"{env['prefix']}-{name}", {}) for name in env["workloads"]}


def _called(name: str, values: Json) -> Json:
    return {**values, "called": name}


KINDS = (
    Kind("aws_vpc", "the VPC", _networks, forces=("network.cidr",), lost="everything in it"),
    Kind("aws_subnet", "the subnet in", _subnets, forces=("cidr", "network.cidr"), lost="everything in it"),
    Kind("aws_nat_gateway", "the NAT gateway in", _nat_gateways, forces=("network.cidr",), lost="its public address"),
    Kind(
        "aws_instance",
        "the machine",
        _machines,
        forces=("zone", "subnet", "private_ip", "architecture"),
        stops=("instance_type",),
        lost="its disk",
    ),
    Kind(
        "aws_ebs_volume",
        "the volume",
        _volumes,
        forces=("zone",),
        grows={"volume_gib": "a volume does not become smaller"},
        lost="the messages of this node",
    ),
    Kind("aws_sqs_queue", "the queue", _sqs_queues, forces=("name",), lost="its messages"),
    Kind(
        "aws_mq_broker",
        "the Amazon MQ broker",
        _amazon_mq,
        forces=("name", "broker.amazon_mq.deployment", "subnets", "network.cidr", "vpc_id"),
        lost="all its messages",
    ),
    Kind(
        "aws_elasticache_replication_group",
        "the Valkey store",
        _stores,
        forces=("name",),
        stuck={**IN_ITS_VPC, "tls": "AWS does not switch encryption in transit where users log in"},
        lost="everything stored in it",
    ),
    Kind(
        "aws_lb",
        "the load balancer of",
        _load_balancers,
        forces=("vpc_id",),
        stuck={"network.cidr": NOT_MOVED},
        keeps=("subnets",),
        lost="all connections",
    ),
    Kind("aws_route53_zone", "the private zone", _zones_of_dns, forces=("zone",), lost="the broker's name"),
    Kind(
        "aws_eks_cluster",
        "the cluster",
        _clusters,
        forces=("name",),
        stuck=IN_ITS_VPC | {"service_cidr": "a cluster keeps the range of its services"},
        lost="everything that runs on it",
    ),
    Kind(
        "aws_eks_node_group",
        "the node group",
        _node_groups,
        forces=("instance_types", "capacity", "architecture", "subnets", "network.cidr", "vpc_id"),
        lost="its nodes, after their pods have moved",
    ),
    Kind(
        "aws_s3_bucket",
        "the bucket",
        _named("buckets"),
        forces=("name",),
        lost="no file: AWS keeps it while it has any",
    ),
    Kind("aws_secretsmanager_secret", "the secret", _named("secrets"), forces=("name",), lost="its value"),
    Kind("aws_iam_role", "the role", _roles, lost="the permissions of what still uses it"),
)
