"""Rules about the console as a service."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def console_has_a_machine(env: Environment) -> Iterator[Problem]:
    """The console runs on the monitoring host or beside the workers' pods; without these, nothing would run it."""
    if env.console is None:
        return
    if env.console.runs_on == "hosts" and env.monitoring.instance_type is None:
        yield Problem("console.runs_on", "hosts, without a monitoring host", "eks, or a monitoring.instance_type")
    if env.console.runs_on == "eks" and not any(pool.runs_on == "eks" for pool in env.pools.values()):
        yield Problem("console.runs_on", "eks, with no pool there", "hosts, or a pool with `runs_on: eks`")


def load_balancer_is_before_pods(env: Environment) -> Iterator[Problem]:
    """On the monitoring host, the console listens on loopback only, which no load balancer reaches."""
    if env.console is not None and env.console.runs_on == "hosts" and env.console.load_balancer is not None:
        yield Problem("console.load_balancer", "one, with `runs_on: hosts`", "none, or `runs_on: eks`")


def load_balancer_is_of_the_region(env: Environment) -> Iterator[Problem]:
    """Its targets are pods, and a load balancer reaches none of another region.

    Refused by: ELB, RegisterTargets, InvalidTarget.
    """
    if env.console is None or env.console.load_balancer is None:
        return
    region = env.console.load_balancer.split(":")[3]
    if region != env.region:
        yield Problem("console.load_balancer", f"one in {region}", f"one in {env.region}")


RULES = (console_has_a_machine, load_balancer_is_before_pods, load_balancer_is_of_the_region)
