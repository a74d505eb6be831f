"""Poll Amazon SQS for the backlog of each queue, and CloudWatch for the age of the oldest message."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from celery_platform.observability.exporter.reading import QueueReading, Reading
from celery_platform.settings import Runtime
from celery_platform.settings.discovery import clients

ATTRIBUTES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
AT_ONCE = 2  # more threads would take more memory
# CloudWatch has one value per minute, some minutes late, and bills every value requested.
AGE_EVERY_SECONDS = 60
AGE_WINDOW = timedelta(minutes=10)
MAX_QUERIES = 500  # per GetMetricData call


class SqsSource:
    """Polls queues by their URLs; `urls` maps each queue's name to its URL.

    Example: `SqsSource({"celery-dev-email": url}).read().queues["celery-dev-email"].ready`
    """

    # For 200 queues, a poll is 200 requests. At 10 s they would take 2 % of a core and 50 million requests a month.
    interval_seconds = 30.0

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = urls
        self._sqs, self._cloudwatch = clients("sqs", "cloudwatch")
        self._ages: dict[str, float] = {}
        self._ages_at = float("-inf")

    def read(self) -> Reading:
        """Poll with one request per queue, and one request to CloudWatch per minute.

        Raises:
            BotoCoreError, ClientError: AWS does not answer, or refuses the request.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            readings = list(pool.map(self._queue, self._urls.values()))
        if time.monotonic() - self._ages_at >= AGE_EVERY_SECONDS:
            self._ages, self._ages_at = self._oldest(), time.monotonic()
        return Reading(
            {
                name: replace(reading, oldest_seconds=self._ages.get(name) if reading.ready else 0.0)
                for name, reading in zip(self._urls, readings, strict=True)
            }
        )

    def _queue(self, url: str) -> QueueReading:
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(ATTRIBUTES))["Attributes"]
        ready, unacked, _delayed = (int(found.get(name, 0)) for name in ATTRIBUTES)
        return QueueReading(ready, unacked)

    def _oldest(self) -> dict[str, float]:
        end = datetime.now(UTC)
        ages = {}
        for names in _slices(list(self._urls), MAX_QUERIES):
            answer = self._cloudwatch.get_metric_data(
                StartTime=end - AGE_WINDOW,
                EndTime=end,
                ScanBy="TimestampDescending",
                MetricDataQueries=[_age_query(f"q{number}", name) for number, name in enumerate(names)],
            )
            for result in answer["MetricDataResults"]:
                if result["Values"]:
                    ages[names[int(result["Id"].removeprefix("q"))]] = float(result["Values"][0])
        return ages


def sqs_source(runtime: Runtime) -> SqsSource:
    """The source for an environment's queues and dead letter queues."""
    queues = runtime.environment.queues.values()
    names = [name for queue in queues for name in (queue.name, queue.dead_letter_name)]
    return SqsSource({name: f"{runtime.discovery.queues_url}/{name}" for name in names})


def _age_query(identifier: str, queue: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    return {"Id": identifier, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}


def _slices(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
