output "topic_arn" {
  description = "The SNS topic that alarms notify."
  value       = aws_sns_topic.this.arn
}
