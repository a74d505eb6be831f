output "urls" {
  description = "URL of each queue by label."
  value       = { for label, queue in aws_sqs_queue.this : label => queue.id }
}
