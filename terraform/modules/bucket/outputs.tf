output "name" {
  description = "The bucket."
  value       = aws_s3_bucket.this.id
}

output "arn" {
  description = "Its ARN, for policies."
  value       = aws_s3_bucket.this.arn
}
