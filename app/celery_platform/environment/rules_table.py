"""The table of what is refused, and because of whom: from the docstrings of the rules, and from the model's forms."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from celery_platform.environment.rules import RULES, RULES_OF_THE_DERIVED, Rule
from celery_platform.environment.shape import whole_file

# Who refuses a value of another form, for keys whose form the model describes. `*` stands for a label.
FORMS = {
    "name": "ELB, CreateLoadBalancer (32 characters with prefix and `-broker`); ElastiCache, CreateReplicationGroup",
    "owner": 'every service that has tags (AWS General Reference, "Tag naming limits")',
    "application.variables": "shells and systemd (POSIX, names of environment variables)",
    "application.system_packages": "apt (Debian policy, 5.6.1)",
    "network.zones": "ElastiCache and Amazon MQ, which need two zones or three for a replica in another one",
    "network.existing.vpc_id": "EC2, InvalidVpcID.Malformed",
    "network.dns.zone": "Route 53 (RFC 1035, 2.3.1)",
    "eks.existing.name": "EKS, DescribeCluster (EKS API, CreateCluster, name)",
    "pools": "Terraform, systemd and Prometheus, in which labels are keys, unit names and label values",
    "pools.*.memory_mib": "the kubelet and systemd, at 256 MiB because a worker has to start",
    "processes.*.port": "the kernel: a port below 1024 needs a capability (capabilities(7), CAP_NET_BIND_SERVICE)",
    "queues.*.max_countdown_seconds": "SQS, SendMessage, DelaySeconds: at most 900",
    "services.*.port": "TCP (RFC 9293, 3.1)",
    "alerts.extra.*.namespace": "CloudWatch, PutMetricAlarm, Namespace",
    "alerts.extra.*.statistic": "CloudWatch, PutMetricAlarm, Statistic and ExtendedStatistic",
    "logs.retention_days": "CloudWatch Logs, PutRetentionPolicy, retentionInDays",
    "account.quotas.inbound_or_outbound_rules_per_security_group": (
        "Service Quotas, RequestServiceQuotaIncrease: every account has 60, and none more than 1,000 (VPC guide, "
        '"Amazon VPC quotas")'
    ),
    "delivery.plan": "nobody; a pattern would admit other branches and repositories",
}
_BY = re.compile(r"\n\s*Refused by: (.*)", re.DOTALL)
OURS = "this platform"
BEGIN, END = "<!-- rules: begin, written by `make render` -->", "<!-- rules: end -->"


@dataclass(frozen=True)
class Row:
    """One row: what must hold, who would refuse it later, and the reason."""

    holds: str
    refused_by: str
    because: str


def of_rule(rule: Rule) -> Row:
    """The row of a rule, from its name and its docstring.

    Example: `of_rule(fifo_needs_sqs).holds == "fifo needs sqs"`
    """
    said = rule.__doc__ or ""
    by = _BY.search(said)
    who = " ".join(by[1].split()).removesuffix(".") if by else OURS
    return Row(rule.__name__.replace("_", " "), who, " ".join(said.partition("\n\n")[0].split()))


def rows() -> Iterator[Row]:
    """One row for each rule, in their order.

    Example: `"region exists" in {row.holds for row in rows()}`
    """
    return map(of_rule, (*RULES, *RULES_OF_THE_DERIVED))


def forms() -> Iterator[Row]:
    """One row for each key of `FORMS`, with what the model allows there.

    Example: `next(forms()).holds == "`name`"`
    """
    return (Row(f"`{path}`", who, str(whole_file().at(path.split(".")))) for path, who in FORMS.items())


def to_markdown() -> str:
    """Both tables, as environments/README.md has them."""
    of_rules = _table(("what must hold", "who would refuse it later", "because"), rows())
    of_forms = _table(("key", "who would refuse another value later", "allowed"), forms())
    return f"{of_rules}\n\n{of_forms}"


def put_into(text: str) -> str:
    """A document with the tables between its two marks; without marks, it stays as it is.

    Example: `put_into("no marks") == "no marks"`
    """
    before, begins, rest = text.partition(BEGIN)
    _, ends, after = rest.partition(END)
    return f"{before}{BEGIN}\n{to_markdown()}\n{END}{after}" if begins and ends else text


def _table(head: tuple[str, str, str], body: Iterable[Row]) -> str:
    cells = [head, ("---",) * len(head), *((row.holds, row.refused_by, row.because) for row in body)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)
