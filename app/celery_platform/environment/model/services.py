"""Section `services`: what the tasks call outside the environment. Each service has a name."""

from pydantic import Field, model_validator

from celery_platform.environment.model.base import Closed, Label, Port


class Service(Closed):
    """A URL, or a host and port. Credentials are kept in Secrets Manager, under the name `secret`.

    Processes get the variables `<NAME>_URL`, or `<NAME>_HOST` and `<NAME>_PORT`, and `<NAME>_RATE_PER_MINUTE`. Only
    pools whose queues name the service in `calls` also get `<NAME>_SECRET`.

    Example: `{url: "https://pay.example.com", secret: pay}`
    """

    url: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9+.-]*://\S+$",
        description="where it answers, without a password; instead of host and port",
    )
    host: str | None = Field(default=None, min_length=1, description="its name or address, for what has no URL")
    port: Port | None = Field(default=None, description="together with host")
    secret: Label | None = Field(default=None, description="the secret that its callers need")
    rate_per_minute: int | None = Field(default=None, gt=0, description="its quota, shared by all workers")

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> "Service":
        if (self.url is None) == (self.host is None) or (self.host is None) != (self.port is None):
            raise ValueError("either a url, or a host and a port")
        return self


Services = dict[Label, Service]
