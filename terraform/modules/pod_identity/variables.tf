variable "cluster" {
  description = "The cluster's name."
  type        = string
}

variable "service_accounts" {
  description = "The role of each service account, by namespace/name."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.service_accounts) : can(regex("^[a-z0-9-]+/[a-z0-9-]+$", name))])
    error_message = "A service account is written namespace/name."
  }
}
