"""`alerts.extra`: CloudWatch alarms of the application, which notify the same people."""

from typing import Literal

from pydantic import Field, model_validator

from celery_platform.environment.model.base import Closed

# CloudWatch API, PutMetricAlarm, Period: the limit of all periods together, and the limit if each is under an hour.
LONGEST_SECONDS = 604_800
LONGEST_SECONDS_OF_SHORT = 86_400


class ExtraAlarm(Closed):
    """An alarm on one CloudWatch metric.

    Example: `{namespace: AWS/RDS, metric: CPUUtilization, dimensions: {DBInstanceIdentifier: orders}, threshold: 80}`
    """

    namespace: str = Field(pattern=r"^[A-Za-z0-9._/#-]{1,255}$", description="of the metric in CloudWatch")
    metric: str = Field(min_length=1, max_length=255, description="its name")
    dimensions: dict[str, str] = Field(default_factory=dict, max_length=30, description="which of its series")
    threshold: float = Field(description="the value that raises the alarm")
    below: bool = Field(default=False, description="whether it fires below the threshold instead of above it")
    statistic: str = Field(
        description="of the values of a period",
        default="Average",
        pattern=r"^(Average|Maximum|Minimum|SampleCount|Sum|p\d{1,2}(\.\d{1,2})?)$",
    )
    period_seconds: int = Field(
        default=60, ge=60, le=86_400, multiple_of=60, description="over which the statistic is taken"
    )
    periods: int = Field(default=5, ge=1, description="consecutive periods before it fires")
    missing: Literal["notBreaching", "breaching", "ignore", "missing"] = Field(
        default="missing", description="what a period without data counts as"
    )
    description: str = Field(default="", max_length=1024, description="what is wrong when it fires, and what to do")

    @model_validator(mode="after")
    def _evaluation_window_is_allowed(self) -> "ExtraAlarm":
        longest = LONGEST_SECONDS if self.period_seconds >= 3_600 else LONGEST_SECONDS_OF_SHORT
        if self.period_seconds * self.periods > longest:
            raise ValueError(f"at most {longest // self.period_seconds} periods of {self.period_seconds} seconds")
        return self
