"""Sections `alerts` and `budget`: when somebody is notified."""

from pydantic import Field

from celery_platform.environment.model.base import Closed, Label, Port, Seconds
from celery_platform.environment.model.extra_alarms import ExtraAlarm


class Smtp(Closed):
    """The mail server through which the monitoring host sends alerts."""

    host: str = Field(description="name of the server")
    port: Port = Field(default=587, description="587 is for submission with STARTTLS")
    require_tls: bool = Field(default=True, description="whether alerts are mailed over TLS only")
    user: str | None = Field(
        default=None,
        min_length=1,
        description="with which Alertmanager logs in; the password is the secret smtp_password, whose value you set. "
        "Without it, the server has to admit the monitoring host by its address",
    )


class Alerts(Closed):
    """The thresholds of the alerts, and who is notified."""

    queue_length: int = Field(
        gt=0, description="messages of a queue over which that is too long, if it lasts five minutes"
    )
    queue_wait_seconds: Seconds = Field(description="within which the messages of a queue should begin")
    queue_wait_objective: float = Field(
        default=0.99, gt=0, lt=1, description="share of tasks that start within that wait"
    )
    failure_ratio: float = Field(gt=0, lt=1, description="share of a task's attempts that may fail within ten minutes")
    failure_minimum: int = Field(
        default=50, gt=0, description="attempts in ten minutes below which the ratio is ignored"
    )
    dead_letters: int = Field(default=0, ge=0, description="messages in a dead letter queue that are acceptable")
    worker_restarts: int = Field(default=3, gt=0, description="starts in fifteen minutes that are acceptable")
    memory_ratio: float = Field(default=0.8, gt=0, lt=1, description="of a broker's or store's limit")
    beat_silent_seconds: Seconds = Field(default=120, description="for which an entry of the schedule may be overdue")
    broker_connections: int = Field(
        default=2000, gt=0, description="open connections of an Amazon MQ broker over which somebody is notified"
    )
    failed_requests: int = Field(default=10, ge=0, description="of the Kubernetes API, per minute")
    runbook_base_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s{}]+$",
        description="where people read this repository, such as https://github.com/example/celery/blob/main; "
        "alerts then link to their runbook",
    )
    notify: str = Field(description="the e-mail address that alerts go to")
    pager: bool = Field(
        default=False,
        description="whether what should wake somebody up also goes to a webhook, such as PagerDuty's or a chat's; its "
        "URL is the secret pager_url, whose value you set",
    )
    dead_man_switch: bool = Field(
        default=False,
        description="whether the monitoring host calls a URL every minute, so that the service behind it notifies "
        "people when the calls stay away; the URL is the secret dead_man_switch_url, whose value you set",
    )
    extra: dict[Label, ExtraAlarm] = Field(default_factory=dict, description="CloudWatch alarms of the application")
    smtp: Smtp | None = Field(default=None, description="the mail server for alerts; a monitoring host needs one")


class Budget(Closed):
    """The monthly cost at which somebody is notified."""

    monthly_usd: int = Field(
        gt=0, description="what a month may cost; people are notified at half of it, and before it is spent"
    )
