"""What grows with queues is planned in proportion: Terraform copies the whole value of for_each for each instance."""

import re

import pytest
from documentation.configuration import MODULES, blocks, resources, unquoted

# The modules whose resources are as many as an environment has queues or workloads.
GROWING = ("alarms", "identity", "sqs")
# One for each value of the broker that is a part of its limit.
FEW = {"aws_cloudwatch_metric_alarm.ratio"}
NAMES = re.compile(r"tomap\(\{ ?for (\w+)(?:, \w+)? in .*? : (\w+) => (\w+)", re.DOTALL)


@pytest.mark.parametrize("module", GROWING)
def test_a_large_for_each_is_a_local_map_of_names(module: str) -> None:
    folder = MODULES / module
    written = {name: unquoted(value) for block in blocks(folder, "locals") for name, value in block.items()}
    repeated = {
        f"{type_}.{name}": unquoted(body["for_each"])
        for kind in ("resource", "data")
        for type_, name, body in resources(folder, kind)
        if "for_each" in body and f"{type_}.{name}" not in FEW
    }

    assert repeated
    assert {address: value for address, value in repeated.items() if not _is_names(value, written)} == {}


@pytest.mark.parametrize("module", GROWING)
def test_no_instance_reads_all_instances_of_another_resource(module: str) -> None:
    """A reference to `aws_x.this[each.key]` reads each instance; a local that holds what is needed is read once."""
    text = "".join(file.read_text() for file in sorted((MODULES / module).glob("*.tf")))
    found = re.findall(r"(?:data\.)?aws_\w+\.this\[each\.", text)

    assert found == []


def _is_names(value: str, written: dict[str, str]) -> bool:
    local = written.get(value.removeprefix("local."), "") if value.startswith("local.") else ""
    match = NAMES.match(local)
    return match is not None and len(set(match.groups())) == 1
