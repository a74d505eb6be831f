"""Outside of its folder in `brokers/`, no module of the platform names a kind of broker but for a stated reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery_platform.broker_kinds import BrokerKind

from tests.harness.servers import REPOSITORY

PLATFORM = REPOSITORY / "app" / "celery_platform"
KINDS = "|".join(BrokerKind)
# The folders of kinds, and the rooms of protocols, which several kinds may have in common.
OWN = re.compile(rf"brokers/({KINDS})/|transports/(amqp|sqs|redis)/")
# A word of its own; but neither Redis's Lua (`redis.call`) nor the scheme of a URL.
NAMED = re.compile(rf"\b({KINDS})\b(?!\.call|://)")
TRANSPORTS = re.compile("driver_type")  # kombu's name of a transport, which stands for a kind
REASONS = {
    "broker_kinds.py": "the registry",
    "environment/model/broker.py": "the sections of the environment file, one for each kind that has settings",
    "environment/rules/brokers.py": "rules about these sections",
    "environment/rules/machine_sizes.py": "rules about these sections",
    "environment/aws/sizes.py": "AWS's name of a service that has sizes",
    "environment/resources.py": "what Terraform makes for each kind, in its own terms",
    "environment/rules/limits.py": "names a key of the section `rabbitmq` as a way out",
    "environment/rules/machines.py": "names a key of the section `rabbitmq` in its problem",
    "environment/derived/broker.py": "the DNS name of a self-managed RabbitMQ",
    "environment/derived/hosts.py": "the hosts of a self-managed RabbitMQ, their role and names",
    "environment/derived/addresses.py": "the hosts of a self-managed RabbitMQ, among others",
    "environment/derived/security_rules.py": "the security groups that Terraform makes for each kind",
    "environment/derived/policies.py": "IAM's names of the actions of SQS",
    "environment/derived/workloads.py": "the IAM role of these hosts",
    "environment/model/network.py": "AWS's name of the interface endpoint of SQS",
    "environment/derived/egress.py": "schemes of URLs of an application's services",
    "settings/placeholders.py": "words in the names of an application's secrets; the host name of SQS",
    "guards/results_away.py": "schemes of the result store's URL",
    "turbo/worker/install.py": "schemes of the result store's URL",
}


def names_a_kind(tree: ast.Module) -> Iterator[str]:
    """What in a module names a kind: a text that is no docstring, an attribute, or the platform's module."""
    docstrings = set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found = NAMED.search(node.value)
        elif isinstance(node, ast.Attribute):
            found = NAMED.fullmatch(node.attr.lower()) or TRANSPORTS.fullmatch(node.attr)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("celery_platform"):
            found = NAMED.search(f"{node.module} {' '.join(alias.name for alias in node.names)}")
        else:
            found = None
        if found:
            yield f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)}"


def _docstrings(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (id(first.value) for first in node.body[:1] if isinstance(first, ast.Expr))


def found_in(file: Path) -> list[str]:
    return list(names_a_kind(ast.parse(file.read_text())))


OTHERS = [name for file in PLATFORM.rglob("*.py") if not OWN.match(name := file.relative_to(PLATFORM).as_posix())]


def test_only_modules_with_a_reason_name_a_kind() -> None:
    found = {name: found_in(PLATFORM / name) for name in OTHERS if name not in REASONS}

    named = {name: lines for name, lines in found.items() if lines}
    assert named == {}, "ask BrokerKind's facts or the kind's folder instead, or give a reason"


@pytest.mark.parametrize("name", REASONS)
def test_no_reason_is_left_over(name: str) -> None:
    assert found_in(PLATFORM / name)


@pytest.mark.parametrize(
    "code",
    ['if kind == "sqs": pass', "kind is BrokerKind.REDIS", 'transport.driver_type != "amqp"', "env.broker.rabbitmq.tls",
     "from celery_platform.brokers.redis import broker", "from celery_platform.brokers import redis",
     'X = "celery_platform.transports.redis.transport:Transport"'],
)  # fmt: skip
def test_a_name_is_found(code: str) -> None:
    assert list(names_a_kind(ast.parse(code)))


@pytest.mark.parametrize("code", ['"""Unlike on sqs."""', "from redis import Redis", "url = 'redis://localhost'"])
def test_neither_prose_nor_the_client_of_the_result_store_is_a_name(code: str) -> None:
    assert list(names_a_kind(ast.parse(code))) == []
