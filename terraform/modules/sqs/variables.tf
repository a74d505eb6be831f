variable "queues" {
  description = "The queues by label: names, how often a message may be received, and for how long it then stays hidden (seconds)."
  type = map(object({
    name               = string
    dead_letter_name   = string
    max_deliveries     = number
    visibility_timeout = number
  }))

  validation {
    condition     = alltrue([for queue in var.queues : can(regex("^[A-Za-z0-9_-]{1,80}$", queue.name)) && can(regex("^[A-Za-z0-9_-]{1,80}$", queue.dead_letter_name))])
    error_message = "SQS takes queue names of 1 to 80 letters, digits, hyphens and underscores."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.visibility_timeout > 0 && queue.visibility_timeout <= 43200])
    error_message = "SQS takes a visibility timeout of at most 43200 s (12 h); 0 would hand every message to every worker."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.max_deliveries >= 1 && queue.max_deliveries <= 1000])
    error_message = "SQS takes a maxReceiveCount from 1 to 1000."
  }
}
