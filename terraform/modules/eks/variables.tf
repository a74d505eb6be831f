variable "name" {
  description = "The cluster's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", var.name))
    error_message = "EKS takes names of 1 to 100 letters, digits, hyphens and underscores."
  }
}

variable "pools" {
  description = "Worker pools that run here: a node group each, so that one pool's load cannot starve another's."
  type = map(object({
    instance_type = string
    min           = number
    max           = number
  }))

  validation {
    condition     = alltrue([for pool in var.pools : pool.min <= pool.max && pool.max >= 1])
    error_message = "A pool's min may not exceed its max, and max is at least 1."
  }
}

variable "subnet_ids" {
  description = "Private subnets by zone."
  type        = map(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "EKS needs subnets in at least 2 zones."
  }
}
