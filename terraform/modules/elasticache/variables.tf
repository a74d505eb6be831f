variable "name" {
  description = "The group's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,34}[a-z0-9])?$", var.name)) && !strcontains(var.name, "--")
    error_message = "The name must have 1 to 36 lowercase letters, digits and single hyphens and start with a letter. ElastiCache allows 40, and names of users are 4 longer."
  }
}

variable "purpose" {
  description = "What the group stores; shown in the console."
  type        = string
}

variable "node_type" {
  description = "Size of each node, such as cache.m7g.large."
  type        = string

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "node_type must be an ElastiCache node type, which starts with cache."
  }
}

variable "replicas" {
  description = "Number of replicas. With at least one, failover is automatic."
  type        = number

  validation {
    condition     = var.replicas >= 0 && var.replicas <= 5
    error_message = "replicas must be 0 to 5."
  }
}

variable "tls" {
  description = "Whether to use TLS in transit, which users with passwords require."
  type        = bool
  default     = true
}

variable "user" {
  description = "The app's user: its name and its rights as an ACL string."
  type = object({
    name   = string
    access = string
  })

  validation {
    condition     = var.user.name != "default" && startswith(var.user.access, "on ")
    error_message = "The user must not be named default, which is the user of connections without a name, and its access must begin with on."
  }
}

variable "events_topic_arn" {
  description = "The SNS topic for events such as failovers, or null."
  type        = string
  default     = null
}

variable "log_folder" {
  description = "With which the names of log groups begin, such as /celery."
  type        = string
}

variable "log_retention_days" {
  description = "Days to keep the slow log."
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
  description = "Clients that may connect, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))

  validation {
    condition     = alltrue([for client in var.clients : (client.security_group_id == null) != (client.cidr == null)])
    error_message = "A client must be either a security group or a CIDR block."
  }
}
