locals {
  queue_alarms = merge(flatten([for label, queue in var.queues : [
    {
      "${label}-waits" = merge(local.usual, {
        description = "The oldest message in ${queue.name} has been waiting longer than ${var.thresholds.queue_wait_seconds} s. There are too few workers, or none."
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = queue.name }
        threshold   = var.thresholds.queue_wait_seconds
      })
    },
    {
      "${label}-dead" = merge(local.usual, {
        description = "Messages failed for good and are in ${queue.dead_letter_name}. List them with `app dlq list`."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = queue.dead_letter_name }
        threshold   = var.thresholds.dead_letters
        periods     = 1
      })
    },
  ]])...)
}
