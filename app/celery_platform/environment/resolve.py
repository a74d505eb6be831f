"""Derive `resolved.json`, which every layer reads, from an environment. `derived/` has one file for each section."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from celery_platform.environment.derived import Json, hosts
from celery_platform.environment.derived.addresses import places
from celery_platform.environment.derived.alerts import alerts
from celery_platform.environment.derived.application import application
from celery_platform.environment.derived.broker import broker
from celery_platform.environment.derived.buckets import buckets
from celery_platform.environment.derived.budgets import budgets_of
from celery_platform.environment.derived.clients import clients
from celery_platform.environment.derived.console import console
from celery_platform.environment.derived.delivery import delivery
from celery_platform.environment.derived.egress import egress
from celery_platform.environment.derived.eks import eks
from celery_platform.environment.derived.logs import log_folder, logs
from celery_platform.environment.derived.monitoring import monitoring
from celery_platform.environment.derived.network import network
from celery_platform.environment.derived.pools import pool_of
from celery_platform.environment.derived.processes import processes
from celery_platform.environment.derived.queue_patterns import queue_patterns
from celery_platform.environment.derived.queues import queue_of, with_high_priority_queues
from celery_platform.environment.derived.results import results
from celery_platform.environment.derived.schedule import schedule
from celery_platform.environment.derived.secrets import platform_secrets, secrets
from celery_platform.environment.derived.timeline import timeline
from celery_platform.environment.derived.workloads import workloads
from celery_platform.environment.model import Environment


def resolve(env: Environment, earlier: Mapping[str, IPv4Address] | None = None) -> Json:
    """Everything Terraform, Ansible, the chart and the app need, as plain JSON data.

    Args:
        env: a valid environment.
        earlier: the address of each host in the environment's last resolved.json, which it keeps.

    Example: `resolve(load("prod"))["queues"]["email"]["dead_letter_name"] == "celery-prod-email-dlq"`
    """
    env = with_high_priority_queues(env)
    prefix = env.own_prefix
    budgets = budgets_of(env)
    where = places(env, prefix, earlier or {})
    return {
        "name": env.name,
        "prefix": prefix,
        "region": env.region,
        "tags": {**env.tags, "Environment": env.name, "Owner": env.owner, "Project": env.project},
        # EC2 filters for its machines. An account can have environments of the same name with other prefixes and of
        # other projects.
        "machine_tags": {"Environment": env.name, "Project": env.project, "Name": f"{prefix}-*"},
        "application": application(env),
        "network": network(env),
        "broker": broker(env, prefix, budgets, where),
        "results": results(env, prefix),
        "hosts": hosts.platform(env),
        "rabbitmq_hosts": hosts.rabbitmq_hosts(env, prefix, where),
        "worker_hosts": hosts.worker_hosts(env, prefix, where),
        "monitoring_hosts": hosts.monitoring_hosts(env, prefix, where),
        "autoscaler": env.autoscaler,
        "egress": egress(env),
        "eks": eks(env, prefix),
        "pools": {name: pool_of(env, name, pool, budgets) for name, pool in env.pools.items()},
        "queues": {name: queue_of(env, prefix, name, budgets[name]) for name in env.queues},
        "queue_patterns": queue_patterns(env, prefix),
        "schedule": schedule(env),
        "processes": processes(env, prefix),
        "secrets": secrets(env, prefix),
        "platform_secrets": platform_secrets(env, prefix),
        "buckets": buckets(env, prefix),
        "clients": clients(env),
        "workloads": workloads(env, prefix),
        "registry": {"name": f"{prefix}/app"},
        "discovery_prefix": env.own_path,
        "log_folder": log_folder(env),
        "alerts": alerts(env),
        "monitoring": monitoring(env),
        "console": console(env),
        "budget": env.budget.model_dump(mode="json"),
        "timeline": timeline(env),
        "logs": logs(env),
        "delivery": delivery(env),
        "destroy_lock": env.destroy_lock,
    }
