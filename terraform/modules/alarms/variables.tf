variable "name" {
  description = "Prefix of alarm names, and name of the topic."
  type        = string
}

variable "notify" {
  description = "The e-mail address to notify. Its owner must confirm the subscription once."
  type        = string

  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+$", var.notify))
    error_message = "notify must be an e-mail address."
  }
}

variable "thresholds" {
  description = "Values from which on an alarm fires: seconds, counts, and memory as a fraction of 1."
  type = object({
    queue_wait_seconds = number
    queue_length       = number
    dead_letters       = number
    broker_connections = number
    memory_ratio       = number
    failed_requests    = number
  })

  validation {
    condition     = var.thresholds.memory_ratio > 0 && var.thresholds.memory_ratio < 1
    error_message = "memory_ratio must be a fraction of 1, such as 0.8."
  }
}

variable "queues" {
  description = "SQS queues by label; empty without SQS."
  type = map(object({
    name             = string
    dead_letter_name = string
  }))
  default = {}
}

variable "amazon_mq" {
  description = "Name of the Amazon MQ broker, or null."
  type        = string
  default     = null
}

variable "cache_nodes" {
  description = "Names of ElastiCache nodes."
  type        = set(string)
  default     = []
}

variable "instances" {
  description = "EC2 instances as name = id."
  type        = map(string)
  default     = {}
}

variable "log_group" {
  description = "The log group to which hosts ship their journals, or null."
  type        = string
  default     = null
}

variable "cluster" {
  description = "Name of the EKS cluster, or null."
  type        = string
  default     = null
}

variable "extra" {
  description = "Alarms on the application's own metrics, by name. They notify the same topic."
  type = map(object({
    namespace      = string
    metric         = string
    dimensions     = optional(map(string), {})
    statistic      = optional(string, "Average")
    period_seconds = optional(number, 60)
    periods        = optional(number, 5)
    threshold      = number
    below          = optional(bool, false)
    missing        = optional(string, "missing")
    description    = optional(string, "")
  }))
  default = {}

  validation {
    condition     = alltrue([for alarm in var.extra : can(regex("^(Average|Maximum|Minimum|SampleCount|Sum|p[0-9]{1,2}(\\.[0-9]{1,2})?)$", alarm.statistic))])
    error_message = "statistic must be Average, Maximum, Minimum, SampleCount, Sum, or a percentile such as p99."
  }

  validation {
    condition     = alltrue([for alarm in var.extra : alarm.period_seconds >= 60 && alarm.period_seconds % 60 == 0 && alarm.period_seconds * alarm.periods <= (alarm.period_seconds < 3600 ? 86400 : 604800)])
    error_message = "A period must be whole minutes. CloudWatch evaluates at most a week, and at most a day if the period is shorter than an hour."
  }

  validation {
    condition     = alltrue([for alarm in var.extra : contains(["notBreaching", "breaching", "ignore", "missing"], alarm.missing)])
    error_message = "missing must be notBreaching, breaching, ignore or missing."
  }
}
