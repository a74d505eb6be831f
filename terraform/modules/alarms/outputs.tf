output "topic_arn" {
  description = "The SNS topic that tells people."
  value       = aws_sns_topic.this.arn
}
