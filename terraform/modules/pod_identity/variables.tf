variable "cluster" {
  description = "The cluster's name."
  type        = string
}

variable "service_accounts" {
  description = "ARN of the role of each service account, by namespace/name."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.service_accounts) : can(regex("^[a-z0-9-]+/[a-z0-9-]+$", name))])
    error_message = "A service account must be written namespace/name."
  }
}
