"""Section `processes`: processes of the application beside its workers, such as a web server."""

from typing import Annotated, Literal

from pydantic import Field

from celery_platform.environment.model.application import Secrets, Variables
from celery_platform.environment.model.base import Closed, Label, Seconds
from celery_platform.environment.model.permissions import Permissions

# Below, a port needs the capability CAP_NET_BIND_SERVICE, and no process here has any (capabilities(7)).
UnprivilegedPort = Annotated[int, Field(ge=1024, lt=65_536)]


class Placed(Closed):
    """Where a process runs, how many of it do, and what it needs there."""

    runs_on: Literal["eks", "hosts"] = Field(description="pods of the cluster, or units of systemd on worker hosts")
    hosts_with: Label | None = Field(
        default=None,
        description="on hosts: the pool on whose machines it runs; by default the only pool that has machines",
    )
    replicas: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="how many run at the same time, on hosts one on each machine; by default 2, or one if there is "
        "only one machine; 0 stops it",
    )
    cpu: float = Field(default=0.5, ge=0.05, le=192, description="cores of one process")
    memory_mib: int = Field(default=512, ge=64, le=1_572_864, description="memory of one process, MiB")
    calls: tuple[Label, ...] = Field(default=(), description="names of the `services` that it calls; no other is open")


class Process(Placed):
    """A process of the application, which `app process NAME` runs with the variables and secrets that tasks have.

    Example: `{runs_on: eks, command: [gunicorn, "--bind=0.0.0.0:8000", mysite.wsgi], port: 8000}`
    """

    command: tuple[str, ...] = Field(min_length=1, description="a program and its arguments; no shell reads them")
    port: UnprivilegedPort | None = Field(default=None, description="the port at which it listens, from 1024 on")
    health_path: str | None = Field(
        default=None,
        pattern=r"^/[!-~]*$",
        max_length=200,
        description="of HTTP at that port: answers 200 while the process works, without asking a broker or a database",
    )
    stop_timeout_seconds: Seconds = Field(
        default=30, description="time from SIGTERM until it is killed, to answer what it has begun"
    )
    variables: Variables = Field(
        default_factory=dict, description="added to the application's variables; one of the same name replaces it"
    )
    secrets: Secrets = Field(
        default_factory=dict, description="added to the application's secrets; one of the same name replaces it"
    )
    permissions: Permissions = Permissions()
