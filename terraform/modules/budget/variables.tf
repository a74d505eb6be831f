variable "name" {
  description = "The budget's name."
  type        = string
}

variable "tags" {
  description = "The tags whose costs are counted. A resource must have all of them."
  type        = map(string)

  validation {
    condition     = length(var.tags) > 0
    error_message = "tags must have at least one: without any, the budget would count the costs of the whole account."
  }
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
