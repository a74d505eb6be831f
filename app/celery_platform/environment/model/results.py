"""Section `results`: the result store."""

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Results(Closed):
    """The result store, a Valkey replication group. Results are deleted after `expires_hours`."""

    node_type: str = Field(pattern=r"^cache\.", description="ElastiCache size of each node")
    replicas: int = Field(default=1, ge=0, le=5, description="beside the primary, to fail over to")
    expires_hours: int = Field(default=24, ge=1, le=168, description="after which a result is deleted")
    tls: bool = Field(
        default=True, description="TLS and a user with a password; turn it off only where nobody else can connect"
    )
