"""What SQS takes in one call, of ReceiveMessage, DeleteMessageBatch and SendMessageBatch alike.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

MESSAGES = 10
# All messages of the call together.
BYTES = 256 * 1024
