"""What a tunnel asks the account: the instance that it goes through."""

from typing import Any

from celery_platform.errors import TunnelError
from celery_platform.release.cluster.account import asked

Json = dict[str, Any]


def gate(resolved: Json) -> str:
    """The id of the running monitoring host, which every server of the environment lets in.

    Raises:
        TunnelError: the environment has none, or it does not run.
        ChartError: AWS refuses the request or does not answer.
    """
    wanted = list(resolved["monitoring_hosts"])
    if not wanted:
        raise TunnelError(
            f"a monitoring host in {resolved['name']}, through which a tunnel goes",
            "none",
            "Set monitoring.instance_type in environment.yml and apply it, or use a VPN (`clients`).",
        )
    tags = {**resolved["machine_tags"], "Name": wanted}
    filters = [
        {"Name": f"tag:{key}", "Values": value if isinstance(value, list) else [value]} for key, value in tags.items()
    ]
    running = {"Name": "instance-state-name", "Values": ["running"]}
    answer = asked("ec2", "describe_instances", Filters=[*filters, running])
    found = [instance["InstanceId"] for group in answer["Reservations"] for instance in group["Instances"]]
    if not found:
        raise TunnelError(
            f"the instance {wanted[0]} to run", "none that does", "Start it in the console, or plan and apply."
        )
    return str(sorted(found)[0])
