"""The commands of `python -m emulated_region`, and their environment."""

import argparse
import os

from emulated_region import plan
from emulated_region.forwarding import ensure_forwarding
from emulated_region.hosts import ensure_hosts
from emulated_region.pods import ensure_pods
from emulated_region.start import start
from emulated_region.status import show
from emulated_region.stop import stop
from emulated_region.up import up

VERBS = {
    "up": "all of `make up`: account, Terraform, hosts, Ansible, pods (VERBOSE=1: with their output)",
    "start": "start the AWS emulator, Valkey and external services",
    "hosts": "run a systemd container for each running EC2 instance",
    "pods": "run the pods of the environment's Helm chart with podman",
    "forward": "forward what the monitoring host serves on its loopback to this machine's",
    "stop": "remove everything that the region created, except caches",
    "status": "show what runs; exit code 1 unless everything responds",
}


def run(arguments: list[str]) -> int:
    """Run the command in the arguments; returns the exit code.

    Raises:
        RegionError: it failed for a reason that a person can fix.
    """
    parser = argparse.ArgumentParser(prog="python -m emulated_region", description="The emulated region of an environment.")
    name = os.environ.get("ENV") or "local"
    parser.add_argument("--environment", "-e", default=name, metavar="NAME", help="the folder under environments/")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, meaning in VERBS.items():
        verbs.add_parser(verb, help=meaning)
    chosen = parser.parse_args(arguments)
    # `stop` must work even if services.yml is invalid.
    region = plan.read(chosen.environment, with_outside=chosen.verb != "stop")
    if chosen.verb == "status":
        return 0 if show(region) else 1
    if chosen.verb == "up":
        return up(region)
    by_verb = {"start": start, "hosts": ensure_hosts, "pods": ensure_pods, "forward": ensure_forwarding, "stop": stop}
    by_verb[chosen.verb](region)
    return 0
