output "url" {
  description = "What the URLs of all queues have in common. A queue's URL is this one, a slash and the queue's name."
  value       = one(distinct([for queue in aws_sqs_queue.this : trimsuffix(queue.id, "/${queue.name}")]))
}

output "arns" {
  description = "ARN of each queue by label; a dead letter queue's label ends in -dlq."
  value = merge(
    { for label, queue in aws_sqs_queue.this : label => queue.arn },
    { for label, queue in aws_sqs_queue.dead_letter : "${label}-dlq" => queue.arn },
  )
}
