variable "name" {
  description = "The group's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,34}[a-z0-9])?$", var.name)) && !strcontains(var.name, "--")
    error_message = "ElastiCache takes names of 1 to 40 lowercase letters, digits and single hyphens, starting with a letter; its users' names here are 4 longer."
  }
}

variable "purpose" {
  description = "What is kept in it, for people who read the console."
  type        = string
}

variable "node_type" {
  description = "Size of each node, such as cache.m7g.large."
  type        = string

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "ElastiCache node types start with cache."
  }
}

variable "replicas" {
  description = "Copies beside the primary. With one or more, a lost primary is replaced by itself."
  type        = number

  validation {
    condition     = var.replicas >= 0 && var.replicas <= 5
    error_message = "A replication group has 0 to 5 replicas."
  }
}

variable "tls" {
  description = "TLS in transit, which users with passwords need."
  type        = bool
  default     = true
}

variable "user" {
  description = "The app's user: its name, and what it may do as an ACL string."
  type = object({
    name   = string
    access = string
  })

  validation {
    condition     = var.user.name != "default" && startswith(var.user.access, "on ")
    error_message = "The app's user has a name of its own (a connection without a name is default's) and is switched on."
  }
}

variable "events_topic_arn" {
  description = "The SNS topic that hears of failovers, or null."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days for which the slow log is kept."
  type        = number
  default     = 30
}

variable "key_arn" {
  description = "The KMS key that encrypts the slow log, or null for CloudWatch's own."
  type        = string
  default     = null
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets by zone."
  type        = map(string)
}

variable "clients" {
  description = "Who may connect, by who they are: a security group, or a range of addresses."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))

  validation {
    condition     = alltrue([for client in var.clients : (client.security_group_id == null) != (client.cidr == null)])
    error_message = "A client is a security group or a range of addresses: one of the two."
  }
}
