variable "name" {
  description = "The budget's name."
  type        = string
}

variable "environment" {
  description = "The value of the tag Environment whose costs are counted."
  type        = string
}

variable "monthly_usd" {
  description = "The limit for a month, USD."
  type        = number

  validation {
    condition     = var.monthly_usd > 0
    error_message = "monthly_usd must be above 0: AWS Budgets rejects 0."
  }
}

variable "topic_arn" {
  description = "The SNS topic to notify."
  type        = string
}
