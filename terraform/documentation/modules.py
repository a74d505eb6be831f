"""A README for each module: what it makes, how it is called, its inputs and outputs, and what it refuses."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from documentation.configuration import CONFIGURATION, MODULES, Block, labelled, resources, unquoted
from documentation.usage import usage

NOTE = "Written by `make terraform-docs` from the files beside it and from the call shown; a change here is lost."
# The sentence that no file of the module says.
PURPOSE = {
    "alarms": "CloudWatch alarms of everything that can stop tasks, and the topic that tells people.",
    "amazon_mq": "RabbitMQ as Amazon runs it: private, logged, one node or three over three zones.",
    "bucket": "A private, encrypted bucket that refuses plaintext; on request its objects expire.",
    "budget": "A monthly budget of what carries the environment's tag.",
    "delivery": "Roles for a CI system by OpenID Connect, and the boundary of every role.",
    "discovery": "What hosts and pods must find, as SSM parameters under one prefix.",
    "eks": "A private Kubernetes cluster and a node group for each pool.",
    "elasticache": "A Valkey replication group with TLS and users, which evicts nothing.",
    "host": "One machine without a public address, reached through Systems Manager.",
    "identity": "A role for each workload: its own queues, secrets and buckets, and what its pool's statements name.",
    "key": "The environment's KMS key, for secrets, logs and images.",
    "monitoring_host": "The machine of Prometheus and Alertmanager.",
    "network": "A VPC over 2 or 3 zones: subnets, NAT, endpoints, flow logs.",
    "pod_identity": "Which service account of a cluster has which role.",
    "rabbitmq_hosts": "Machines of a RabbitMQ cluster, their data volumes, and one name for clients.",
    "registry": "The repository of the app's images: tags that do not move, scanned, the old ones removed.",
    "secrets": "Secrets Manager entries whose values pass through neither plan nor state.",
    "sqs": "A queue and a dead letter queue for each label, encrypted in transit and at rest.",
    "worker_hosts": "Machines of the pools that run on hosts, and what those of each pool may connect to.",
}


def readmes() -> dict[Path, str]:
    """Each module's README and the text it should have."""
    return {folder / "README.md": readme(folder) for folder in sorted(MODULES.iterdir()) if folder.is_dir()}


def readme(folder: Path) -> str:
    """One module's README.

    Raises:
        KeyError: the module has no purpose yet; add its sentence above.
        LookupError: nothing calls the module.
    """
    made = Counter(resource_type for resource_type, _, _ in resources(folder))
    lines = [f"# {folder.name}", "", PURPOSE[folder.name], "", f"{NOTE}", ""]
    if made:
        lines += ["Makes: " + ", ".join(f"`{name}`" for name in sorted(made)) + ".", ""]
    lines += _usage(folder.name)
    lines += _table(("input", "type", "default", "meaning"), _inputs(folder))
    lines += _table(("output", "meaning"), _outputs(folder))
    refused = list(_refused(folder))
    if refused:
        lines += ["Refused when planned:", "", *(f"* `{name}`: {reason}" for name, reason in refused), ""]
    return "\n".join(lines).rstrip() + "\n"


def _usage(module: str) -> list[str]:
    file, call = usage(module)
    where = file.relative_to(CONFIGURATION)
    return [
        "## Usage",
        "",
        f"In [`{where}`](../../{where}):",
        "",
        "```hcl",
        call.rstrip(),
        "```",
        "",
        "## Reference",
        "",
    ]


def _inputs(folder: Path) -> Iterator[tuple[str, ...]]:
    for name, body in labelled(folder, "variable"):
        default = _value(body["default"]) if "default" in body else "required"
        yield f"`{name}`", f"`{_type(body)}`", default, unquoted(body["description"])


def _outputs(folder: Path) -> Iterator[tuple[str, ...]]:
    for name, body in labelled(folder, "output"):
        yield f"`{name}`", unquoted(body["description"]) + (" (sensitive)" if body.get("sensitive") else "")


def _refused(folder: Path) -> Iterator[tuple[str, str]]:
    for name, body in labelled(folder, "variable"):
        for validation in body.get("validation", []):
            yield name, unquoted(validation["error_message"])


def _type(body: Block) -> str:
    return unquoted(body["type"]).replace("|", "\\|")


def _value(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else unquoted(value)
    return f"`{text}`"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> list[str]:
    found = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *found, ""] if found else []
