variable "prefix" {
  description = "Path of the parameters, such as /celery/prod."
  type        = string

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+)+$", var.prefix)) && !can(regex("^/(aws|ssm)", lower(var.prefix)))
    error_message = "The prefix must start with a slash and not end with one. AWS reserves /aws and /ssm."
  }
}

variable "values" {
  description = "Values that hosts and pods look up, by name. Not for secrets: everyone in the account may read them."
  type        = map(string)
}

variable "placed" {
  description = "Names of parameters whose values Ansible writes."
  type        = set(string)
  default     = []
}
