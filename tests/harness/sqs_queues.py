"""The queues of a test environment in the emulated account, as Terraform would have made them."""

import json
from collections.abc import Mapping
from typing import Any

# What Terraform's provider asks for; the account's own default is 1 MiB.
SIZE = {"MaximumMessageSize": "262144"}


def make_queues(sqs: Any, queues: Mapping[str, Any]) -> str:
    """Make each queue and its dead letter queue; returns what their URLs have in common."""
    url = ""
    for queue in queues.values():
        fifo = {"FifoQueue": "true"} if queue["name"].endswith(".fifo") else {}
        dead = sqs.create_queue(QueueName=queue["dead_letter_name"], Attributes=fifo | SIZE)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": queue["max_deliveries"]}
        attributes = (
            fifo
            | SIZE
            | {
                "VisibilityTimeout": str(min(30, queue["time_budget"]["visibility_timeout"])),
                "RedrivePolicy": json.dumps(redrive),
            }
        )
        url = sqs.create_queue(QueueName=queue["name"], Attributes=attributes)["QueueUrl"]
    return url.rpartition("/")[0]
