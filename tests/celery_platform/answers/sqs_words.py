"""What SQS may say instead of messages: the errors of botocore's model, those of every AWS service, and no AWS."""

import botocore.session

from tests.harness.refusing_proxy import Answer, error

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and botocore's retries
COMMON = {
    "AccessDenied": 403, "AccessDeniedException": 403, "ExpiredToken": 403, "ExpiredTokenException": 403,
    "IncompleteSignature": 403, "InternalFailure": 500, "InvalidClientTokenId": 403,
    "MalformedHttpRequestException": 400,
    "NotAuthorized": 401, "OptInRequired": 403, "RequestAbortedException": 400, "RequestEntityTooLargeException": 413,
    "RequestExpired": 400, "RequestTimeoutException": 408, "ServiceUnavailable": 503, "SignatureDoesNotMatch": 403,
    "Throttling": 400, "ThrottlingException": 400, "TooManyRequestsException": 429, "UnrecognizedClientException": 403,
    "UnknownOperationException": 404, "ValidationError": 400,
}  # fmt: skip
# Of a proxy, a balancer or a broken line between.
ELSEWHERE = {
    "a page of a proxy": Answer(502, b"<html>Bad Gateway</html>"),
    "a page without an error": Answer(200, b"<html>Please log in</html>"),
    "nothing": Answer(403, b""),
    "half an answer": Answer(200, b'{"Messages": [{"MessageId": "1"'),
    "a list": Answer(200, b"[]"),
    "null": Answer(200, b"null"),
    "a closed connection": Answer(None),
    "a time-out of a balancer": Answer(504, b""),
    "a redirect": Answer(302, b""),
}


def of_operation(operation: str) -> dict[str, Answer]:
    """Every answer to an operation that is no success, by its name.

    Example: `of_operation("ReceiveMessage")["RequestThrottled"].status == 400`
    """
    model = botocore.session.get_session().get_service_model("sqs")
    shapes = model.operation_model(operation).error_shapes
    own = {shape.name: shape.metadata.get("error", {}).get("httpStatusCode", 400) for shape in shapes}
    return {name: error(status, name) for name, status in (own | COMMON).items()} | ELSEWHERE
