"""JSON that is no answer of SQS, such as a proxy's list, is said in words by what sends messages and by commands."""

from dataclasses import replace

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.refusing_proxy import Answer, refusing_proxy

SEND = """
from celery_platform.errors import PublishError
from exercises import probe
try:
    probe.due.delay("unused")
except PublishError as error:
    print(error)
"""
SEND_MANY = """
from celery_platform.errors import AppError
from celery_platform.publishing import publish_many
from exercises import probe
try:
    publish_many(probe.due, [(("unused",), {})] * 2)
except AppError as error:
    print(error)
"""
SAID = "an answer that is not of AWS"


@pytest.mark.parametrize("body", [b"[]", b"null", b" 7"])
@pytest.mark.parametrize(("operation", "code"), [("SendMessage", SEND), ("SendMessageBatch", SEND_MANY)])
def test_what_sends_messages_says_so(sqs: TestEnvironment, operation: str, code: str, body: bytes) -> None:
    with refusing_proxy(sqs.endpoint) as (endpoint, refusals):
        refusals.answer[operation] = Answer(200, body)
        assert SAID in replace(sqs, variables=sqs.variables | {"AWS_ENDPOINT_URL": endpoint}).python(code)


def test_a_command_says_so(sqs: TestEnvironment) -> None:
    with refusing_proxy(sqs.endpoint) as (endpoint, refusals):
        refusals.answer["ReceiveMessage"] = Answer(200, b"[]")
        refusals.answer["GetQueueAttributes"] = Answer(200, b"[]")
        listed = replace(sqs, variables=sqs.variables | {"AWS_ENDPOINT_URL": endpoint}).app("dlq", "list")

    assert SAID in listed.stdout
    assert "Traceback" not in listed.stdout
