"""Amazon SQS."""

from collections.abc import Mapping

from celery_platform.brokers.interface import Broker
from celery_platform.brokers.kind import Kind
from celery_platform.observability.exporter.reading import Source
from celery_platform.settings import Runtime


class SqsKind(Kind):
    """SQS, and CloudWatch for the age of messages. Every pool has the same transport."""

    def broker(self, runtime: Runtime) -> Broker:
        """Return the broker with queues that Terraform made."""
        from celery_platform.brokers.sqs.broker import SqsBroker

        return SqsBroker(runtime)

    def source(self, runtime: Runtime) -> Source:
        """Return the attributes of each queue."""
        from celery_platform.brokers.sqs.source import sqs_source

        return sqs_source(runtime)

    def transports(self) -> Mapping[str, str]:
        """Return the transport that polls on whatever SQS answers, and sends and deletes in batches."""
        return {"sqs": "celery_platform.transports.sqs.transport:Transport"}


KIND = SqsKind()
