variable "queues" {
  description = "The queues by label: their names (those of FIFO queues end in .fifo), how often a message may be received, and the visibility timeout in seconds."
  type = map(object({
    name               = string
    dead_letter_name   = string
    max_deliveries     = number
    visibility_timeout = number
  }))

  validation {
    condition     = alltrue(flatten([for queue in var.queues : [for name in [queue.name, queue.dead_letter_name] : length(name) <= 80 && can(regex("^[A-Za-z0-9_-]+(\\.fifo)?$", name))]]))
    error_message = "A queue name must have 1 to 80 letters, digits, hyphens and underscores. The name of a FIFO queue ends in .fifo, which counts."
  }

  validation {
    condition     = alltrue([for queue in var.queues : endswith(queue.name, ".fifo") == endswith(queue.dead_letter_name, ".fifo")])
    error_message = "The dead letter queue of a FIFO queue must be a FIFO queue, and that of a standard queue a standard queue."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.visibility_timeout > 0 && queue.visibility_timeout <= 43200])
    error_message = "visibility_timeout must be 1 to 43200 s (12 h). With 0, a message could be delivered to every worker at once."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.max_deliveries >= 1 && queue.max_deliveries <= 1000])
    error_message = "max_deliveries must be 1 to 1000, as SQS requires of maxReceiveCount."
  }
}
