output "urls" {
  description = "URL of each queue by label."
  value       = { for label, queue in aws_sqs_queue.this : label => queue.id }
}

output "arns" {
  description = "ARN of each queue by label; a dead letter queue's label ends in -dlq."
  value       = { for label, queue in local.both : label => queue.arn }
}
