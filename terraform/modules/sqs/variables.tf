variable "queues" {
  description = "The queues by label: names (FIFO queues end in .fifo), how often a message may be received, and for how long it then stays hidden (seconds)."
  type = map(object({
    name               = string
    dead_letter_name   = string
    max_deliveries     = number
    visibility_timeout = number
  }))

  validation {
    condition     = alltrue(flatten([for queue in var.queues : [for name in [queue.name, queue.dead_letter_name] : length(name) <= 80 && can(regex("^[A-Za-z0-9_-]+(\\.fifo)?$", name))]]))
    error_message = "SQS takes queue names of 1 to 80 letters, digits, hyphens and underscores; a FIFO queue's ends in .fifo, which counts."
  }

  validation {
    condition     = alltrue([for queue in var.queues : endswith(queue.name, ".fifo") == endswith(queue.dead_letter_name, ".fifo")])
    error_message = "The dead letter queue of a FIFO queue must be FIFO too, and that of a standard queue must not be."
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
