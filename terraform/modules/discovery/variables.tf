variable "prefix" {
  description = "Path under which everything is published, such as /celery/prod."
  type        = string

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+)+$", var.prefix)) && !can(regex("^/(aws|ssm)", lower(var.prefix)))
    error_message = "The prefix must start and not end with a slash; AWS keeps /aws and /ssm for itself."
  }
}

variable "values" {
  description = "What hosts and pods must find, by name. No secrets: everyone in the account may read these."
  type        = map(string)
}

variable "placed" {
  description = "Names of values that Ansible writes."
  type        = set(string)
  default     = []
}
