"""The verbs of `python -m emulated_region` and the environment they are for."""

import argparse
import os

from emulated_region import plan
from emulated_region.hosts import ensure_hosts
from emulated_region.pods import ensure_pods
from emulated_region.start import start
from emulated_region.status import show
from emulated_region.stop import stop
from emulated_region.up import up

VERBS = {
    "up": "all of `make up`: account, Terraform, hosts, Ansible, pods (VERBOSE=1: with what they say)",
    "start": "start the AWS emulator, Valkey and the outside world",
    "hosts": "make each running EC2 instance a systemd container",
    "pods": "run the environment's Helm chart: each of its pods as one of podman's",
    "stop": "remove everything the region made; caches stay",
    "status": "show what runs; exit code 1 unless everything answers",
}


def run(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code.

    Raises:
        RegionError: it cannot be done, for a reason a person can act on.
    """
    parser = argparse.ArgumentParser(prog="python -m emulated_region", description="The emulated region of an environment.")
    name = os.environ.get("ENV") or "local"
    parser.add_argument("--environment", "-e", default=name, metavar="NAME", help="the folder under environments/")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, meaning in VERBS.items():
        verbs.add_parser(verb, help=meaning)
    chosen = parser.parse_args(arguments)
    # What `up` made is removed also while services.yml is wrong.
    region = plan.read(chosen.environment, with_outside=chosen.verb != "stop")
    if chosen.verb == "status":
        return 0 if show(region) else 1
    if chosen.verb == "up":
        return up(region)
    {"start": start, "hosts": ensure_hosts, "pods": ensure_pods, "stop": stop}[chosen.verb](region)
    return 0
