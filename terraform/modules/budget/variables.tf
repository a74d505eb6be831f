variable "name" {
  description = "The budget's name."
  type        = string
}

variable "environment" {
  description = "The value of the tag Environment that is counted."
  type        = string
}

variable "monthly_usd" {
  description = "What a month may cost, USD."
  type        = number

  validation {
    condition     = var.monthly_usd > 0
    error_message = "monthly_usd must be over 0: AWS Budgets refuses an empty one."
  }
}

variable "topic_arn" {
  description = "The SNS topic that is told."
  type        = string
}
