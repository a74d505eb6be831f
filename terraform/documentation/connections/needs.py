"""Who needs a connection to what: from the derived values, the discovered URLs and the rendered chart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from documentation.connections.network import ENDPOINTS, PODS, Network, Place
from documentation.connections.policies import Manifest

Json = Mapping[str, Any]
OWN_AUTHORITY, AMAZON, PUBLIC, NONE = "secret `broker_ca`", "Amazon", "a public one", "-"
AWS, EKS, CLUSTER_API = "AWS", "EKS", "the cluster's API"


@dataclass(frozen=True)
class Need:
    """A connection that somebody needs.

    `workload` is who makes it, in `workloads` of the derived values, `source` where from. `labels` are those of a pod,
    None for a machine. `secret` is the label of what it logs in with, empty without a login. `authority` signs the
    certificate of `url`; `trusted` is whether whoever connects gets the certificate of the environment's authority.
    `outside` is the range that the host is in, if it is none of the environment's.
    """

    workload: str
    source: Place
    purpose: str
    url: str
    labels: Mapping[str, str] | None = None
    secret: str = ""
    authority: str = NONE
    trusted: bool = True
    outside: str = "0.0.0.0/0"

    @property
    def host(self) -> str:
        """The host of the URL."""
        return str(urlsplit(self.url).hostname)

    @property
    def port(self) -> int:
        """The port of the URL."""
        return urlsplit(self.url).port or {"https": 443, "http": 80}[urlsplit(self.url).scheme]


def needs(resolved: Json, discovery: Mapping[str, str], manifests: Sequence[Manifest], network: Network) -> list[Need]:
    """Every connection of an environment."""
    of_broker = _OfBroker(resolved, discovery)
    return [
        *(
            need
            for who in _processes(resolved, manifests, network)
            for need in _of_process(who, of_broker, network.api)
        ),
        *_of_autoscaler(resolved, manifests, network),
        *_of_prometheus(resolved, network),
        *_between_nodes(resolved, network),
        *_of_people(of_broker, network),
    ]


@dataclass(frozen=True)
class _Process:
    """Processes of a workload on one machine, or in pods with these labels."""

    workload: str
    place: Place
    labels: Mapping[str, str] | None
    needs: Json


@dataclass(frozen=True)
class _OfBroker:
    resolved: Json
    discovery: Mapping[str, str]

    @property
    def authority(self) -> str:
        if "broker_ca" in self.resolved["secrets"]:
            return OWN_AUTHORITY
        return AMAZON if urlsplit(self.discovery["broker_url"]).scheme in ("amqps", "rediss") else NONE

    def password(self, workload: str) -> str:
        """The secret with which a workload logs in: the one that looks only, if it has that."""
        held = self.resolved["workloads"][workload]["secrets"]
        wanted = "monitoring_password" if workload in LOOKING else "broker_password"
        found = [label for label in (wanted, "broker_password") if label in self.resolved["secrets"]]
        return next((label for label in found if label in held), found[0] if found else "")

    def watched(self) -> list[str]:
        """Where the exporter asks: each node, or the management API of Amazon MQ, or the broker itself."""
        if self.resolved["broker"]["kind"] == "rabbitmq":
            return list(self.resolved["broker"]["management_urls"])
        url = self.discovery["broker_url"]
        return [f"https://{urlsplit(url).hostname}"] if self.resolved["broker"]["kind"] == "amazon_mq" else [url]


LOOKING = ("exporter", "monitoring", "autoscaler", "console")


def _processes(resolved: Json, manifests: Sequence[Manifest], network: Network) -> Iterator[_Process]:
    for name, host in resolved["worker_hosts"].items():
        for pool in host["pools"]:
            yield _Process(f"worker-{host['pool']}", network.machines[name], None, resolved["pools"][pool])
    for name in resolved["monitoring_hosts"]:
        yield _Process("monitoring", network.machines[name], None, {})
    for name in resolved["rabbitmq_hosts"]:
        yield _Process("rabbitmq", network.machines[name], None, {})
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "Job") and network.cluster:
            template = manifest["spec"]["template"]
            workload = template["spec"]["serviceAccountName"]
            pool = resolved["pools"].get(workload.removeprefix("worker-").replace("-", "_"), {})
            yield _Process(workload, network.cluster, template["metadata"]["labels"], pool)


def _of_process(who: _Process, broker: _OfBroker, api: str) -> Iterator[Need]:
    resolved, held = broker.resolved, broker.resolved["workloads"].get(who.workload)

    def need(purpose: str, url: str, secret: str = "", authority: str = NONE) -> Need:
        trusted = authority != OWN_AUTHORITY or (held is not None and held["discovers"])
        return Need(who.workload, who.place, purpose, url, who.labels, secret, authority, trusted)

    if held is None:  # pods without a role ask the cluster's API only
        yield need(CLUSTER_API, f"https://{api}", authority=EKS)
        return
    yield need(AWS, f"https://{resolved['region']}.amazonaws.com", authority=AMAZON)
    if resolved["network"]["existing"] is None and resolved["network"]["endpoints"]:
        yield need(AWS, f"https://{ENDPOINTS}", authority=AMAZON)
    if who.workload == "rabbitmq":
        return
    if resolved["broker"]["kind"] != "sqs":
        urls = broker.watched() if who.workload in LOOKING else broker.discovery["broker_url"].split(";")
        for url in urls:
            yield need("broker", url, broker.password(who.workload), broker.authority)
        if who.workload == _of_console(resolved):  # which reads messages, as no user does that only looks at queues
            for url in broker.discovery["broker_url"].split(";"):
                yield need("messages", url, "broker_password", broker.authority)
    store = "results_password" if resolved["results"]["tls"] else ""
    yield need("results", broker.discovery["results_url"], store, AMAZON if store else NONE)
    for service in who.needs.get("calls", ()):
        outside = resolved["egress"]["services"][service]
        for port in outside["ports"]:
            yield replace(need("a service", f"tcp://{service}:{port}"), outside=outside["cidr"])
    if who.workload == "monitoring":
        smtp = resolved["alerts"]["smtp"]
        yield need("mail of alerts", f"smtp://{smtp['host']}:{smtp['port']}", authority=PUBLIC)


def _of_console(resolved: Json) -> str:
    """The workload that the console runs as; empty without one."""
    if resolved["console"] is None:
        return ""
    return "console" if resolved["console"]["runs_on"] == "eks" else "monitoring"


def _of_autoscaler(resolved: Json, manifests: Sequence[Manifest], network: Network) -> Iterator[Need]:
    """What KEDA asks, with the secret and the authority that the chart tells it to use."""
    logins = {one["metadata"]["name"]: one["spec"] for one in manifests if one["kind"] == "TriggerAuthentication"}
    labels = {name: label for label, name in resolved["secrets"].items()}
    for scaled in (one for one in manifests if one["kind"] == "ScaledObject"):
        for trigger in scaled["spec"]["triggers"]:
            url = trigger["metadata"].get("host") or trigger["metadata"].get("address")
            if url is None or network.cluster is None:
                continue  # of SQS, which is AWS
            login = logins[trigger["authenticationRef"]["name"]]
            (secret,) = (one["name"] for one in login["awsSecretManager"]["secrets"])
            given = any(one["parameter"] == "ca" for one in login.get("configMapTargetRef", ()))
            own = "broker_ca" in resolved["secrets"]
            yield Need(
                "autoscaler",
                network.cluster,
                "messages of queues",
                url if "://" in url else f"tcp://{url}",
                {"app.kubernetes.io/name": "keda-operator"},
                labels[secret],
                OWN_AUTHORITY if own else AMAZON,
                given or not own,
            )


def _of_prometheus(resolved: Json, network: Network) -> Iterator[Need]:
    for name in resolved["monitoring_hosts"]:
        if network.api:
            url = f"http://{PODS}:{resolved['monitoring']['worker_port']}/metrics"
            yield Need("monitoring", network.machines[name], "metrics", url)
        for host in (*resolved["worker_hosts"], *resolved["rabbitmq_hosts"]):
            target, monitoring = network.machines[host], resolved["monitoring"]
            nodes = [monitoring["rabbitmq_port"]] if host in resolved["rabbitmq_hosts"] else None
            for port in nodes or monitoring["worker_ports"]:
                url = f"http://{target.address}:{port}/metrics"
                yield Need("monitoring", network.machines[name], "metrics", url)


def _between_nodes(resolved: Json, network: Network) -> Iterator[Need]:
    for name in resolved["rabbitmq_hosts"]:
        for other in resolved["rabbitmq_hosts"]:
            for port in (4369, 25672) if other != name else ():
                url = f"tcp://{network.machines[other].address}:{port}"
                yield Need("rabbitmq", network.machines[name], "other nodes", url, None, "erlang_cookie", trusted=True)


def _of_people(broker: _OfBroker, network: Network) -> Iterator[Need]:
    """The way of people: `make tunnel` goes through the monitoring host, which has the rules for them.

    What they need besides is what the host itself asks: the management API, the result store and workers.
    """
    resolved = broker.resolved
    for gate in resolved["monitoring_hosts"]:
        if network.api:
            yield Need("people", network.machines[gate], CLUSTER_API, f"https://{network.api}", authority=EKS)
        if resolved["broker"]["kind"] != "sqs":
            for url in broker.discovery["broker_url"].split(";"):
                yield Need("people", network.machines[gate], "broker", url, authority=broker.authority)
