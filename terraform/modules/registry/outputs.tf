output "url" {
  description = "URL of the repository, without a tag."
  value       = aws_ecr_repository.this.repository_url
}
