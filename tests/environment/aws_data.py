"""Collect what AWS has from public packages: `python -m tests.environment.aws_data`.

botocore, which is locked, has the partitions, their regions and the names of EC2's instance types. moto has the zones,
architectures, cores and memory that AWS's own API listed (DescribeInstanceTypeOfferings, DescribeInstanceTypes).
cfn-lint has the zones of other regions, and the sizes in AWS's price lists. These two are not dependencies: they are
downloaded from the package index and read, not imported.
"""

import gzip
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from ast import literal_eval
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from celery_platform.environment.aws.capacities import Capacity, described_capacity
from celery_platform.environment.aws.sizes import MACOS

FOLDER = Path(__file__).parents[2] / "app" / "celery_platform" / "environment" / "aws"
ENUMS = "cfnlint/data/schemas/extensions/"
OFFERINGS = "moto/ec2/resources/instance_type_offerings/availability-zone/"
MOST_ZONES = 3
# Graviton families have a g after the generation: m7g, c8gd, t4g (EC2 guide, "Instance type naming conventions"). The
# CPUs beside the GPUs of p6e-gb200 are Arm's, too.
GRAVITON = re.compile(r"^(a1|[a-z]+\d+g[a-z]*|p6e-gb200)\.")


def botocores_partitions() -> dict[str, dict[str, Any]]:
    """Each partition with its suffix and regions; the pseudo-regions of global services are left out."""
    data = json.loads((files("botocore") / "data" / "partitions.json").read_text())
    return {
        one["id"]: {
            "suffix": one["outputs"]["dnsSuffix"],
            "regions": [name for name in one["regions"] if not name.endswith("-global")],
        }
        for one in data["partitions"]
    }


def botocores_instance_types() -> list[str]:
    """The instance types in EC2's service model."""
    content = (files("botocore") / "data" / "ec2" / "2016-11-15" / "service-2.json.gz").read_bytes()
    types: list[str] = json.loads(gzip.decompress(content))["shapes"]["InstanceType"]["enum"]
    return types


def main() -> None:
    """Write the files, and print what they were collected from."""
    with tempfile.TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*download, "moto", "cfn-lint"], check=True)
        moto, cfn_lint = (next(Path(folder).glob(f"{name}-*.whl")) for name in ("moto", "cfn_lint"))
        sources = [
            f"botocore {version('botocore')}", *(" ".join(wheel.name.split("-")[:2]) for wheel in (moto, cfn_lint))
        ]  # fmt: skip
        head = {"as_of": datetime.now(UTC).date().isoformat(), "sources": sources}
        with zipfile.ZipFile(moto) as offered, zipfile.ZipFile(cfn_lint) as listed:
            _write("regions.json", head | {"partitions": _partitions(offered, listed)})
            _write("sizes.json", head | _all_sizes(offered, listed))
            _write("capacities.json", head | {"sources": sources[1:2], "ec2": _capacities(_described(offered))})
    print("collected from", ", ".join(sources))


def _partitions(moto: zipfile.ZipFile, cfn_lint: zipfile.ZipFile) -> dict[str, Any]:
    seen = {
        Path(name).name.partition(".")[0]: {one["Location"] for one in json.loads(gzip.decompress(moto.read(name)))}
        for name in moto.namelist()
        if name.startswith(OFFERINGS) and name.endswith(".gz")
    }
    source = cfn_lint.read("cfnlint/helpers.py").decode()
    said = source.partition("AVAILABILITY_ZONES = ")[2].partition("\n}")[0] + "\n}"
    known = literal_eval(said)
    made: dict[str, Any] = {}
    for partition, about in botocores_partitions().items():
        zones = {
            region: {
                "known": _letters(region, {*seen.get(region, ()), *known.get(region, ())}),
                "usual": _letters(region, seen.get(region) or known.get(region, ()))[:MOST_ZONES],
            }
            for region in sorted(about["regions"])
        }
        made[partition] = {"suffix": about["suffix"], "regions": zones}
    return made


def _letters(region: str, zones: Iterable[str]) -> str:
    return "".join(sorted(zone.removeprefix(region) for zone in zones))


def _all_sizes(moto: zipfile.ZipFile, cfn_lint: zipfile.ZipFile) -> dict[str, Any]:
    described = _described(moto)
    kinds: dict[str, set[str]] = {"amd64": set(), "arm64": set(), "macos": set()}
    for name in {*described, *botocores_instance_types(), *_enum(cfn_lint, "aws_ec2_instance/instancetype_enum")}:
        kinds[_architecture(name, described)].add(name)
    return {
        "ec2": {kind: _by_family(names) for kind, names in kinds.items()},
        "elasticache": _by_family(_enum(cfn_lint, "aws_elasticache_cachecluster/cachenodetype_enum")),
        "amazon_mq": _by_family(_enum(cfn_lint, "aws_amazonmq_broker/instancetype_enum")),
    }


def _described(moto: zipfile.ZipFile) -> dict[str, Any]:
    """What DescribeInstanceTypes says about each instance type."""
    types: dict[str, Any] = json.loads(gzip.decompress(moto.read("moto/ec2/resources/instance_types.json.gz")))
    return types


def _capacities(described: Mapping[str, Any]) -> dict[str, str]:
    """For each family: `size=vCPUs/MiB/pods`, from the smallest to the largest size."""
    families: dict[str, dict[str, Capacity]] = defaultdict(dict)
    for name, about in described.items():
        family, _, size = name.partition(".")
        if _architecture(name, described) != MACOS:
            families[family][size] = described_capacity(about)
    return {
        family: " ".join(
            f"{size}={one.vcpus}/{one.memory_mib}/{one.max_pods}"
            for size, one in sorted(sizes.items(), key=lambda item: (item[1].vcpus, item[1].memory_mib, item[0]))
        )
        for family, sizes in sorted(families.items())
    }


def _architecture(name: str, described: Mapping[str, Any]) -> str:
    if name not in described:
        return "arm64" if GRAVITON.match(name) else "amd64"
    listed = described[name]["ProcessorInfo"]["SupportedArchitectures"]
    return "arm64" if "arm64" in listed else "amd64" if "x86_64" in listed else "macos"


def _enum(cfn_lint: zipfile.ZipFile, name: str) -> set[str]:
    by_region = json.loads(cfn_lint.read(f"{ENUMS}{name}.json"))
    return {size for about in by_region.values() if isinstance(about, dict) for size in about.get("enum", ())}


def _by_family(names: Iterable[str]) -> dict[str, str]:
    families: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        family, _, size = name.removeprefix("cache.").removeprefix("mq.").partition(".")
        # The price list of Amazon MQ says 2xl where its API says 2xlarge.
        families[family].append(f"{size}arge" if size.endswith("xl") and "-" not in size else size)
    return {family: " ".join(sizes) for family, sizes in sorted(families.items())}


def _write(name: str, data: Any) -> None:
    (FOLDER / name).write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
