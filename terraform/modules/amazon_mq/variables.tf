variable "name" {
  description = "The broker's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,50}$", var.name))
    error_message = "Amazon MQ takes broker names of 1 to 50 letters, digits, hyphens and underscores."
  }
}

variable "engine_version" {
  description = "RabbitMQ version: 3.13 or 4.2 and later."
  type        = string

  validation {
    condition     = can(regex("^(3\\.13|4\\.([2-9]|\\d\\d))$", var.engine_version))
    error_message = "Amazon MQ offers RabbitMQ 3.13, and 4.2 and later."
  }
}

variable "instance_type" {
  description = "Size of each node, such as mq.m7g.large."
  type        = string

  validation {
    condition     = startswith(var.instance_type, "mq.m7g.") || (var.engine_version == "3.13" && startswith(var.instance_type, "mq.m5."))
    error_message = "Amazon MQ runs RabbitMQ 4 on mq.m7g.* only, and 3.13 on mq.m5.* or mq.m7g.*."
  }
}

variable "deployment" {
  description = "single: one node; cluster: three nodes over three zones."
  type        = string

  validation {
    condition     = contains(["single", "cluster"], var.deployment)
    error_message = "deployment must be single or cluster."
  }
}

variable "consumer_timeout_seconds" {
  description = "How long a worker may hold a message unacknowledged, from the time budget."
  type        = number
}

variable "user" {
  description = "The user that the app logs in as."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets by zone."
  type        = map(string)

  validation {
    condition     = var.deployment == "single" || length(var.subnet_ids) >= 3
    error_message = "An Amazon MQ cluster is three nodes over three zones: use network.zones 3, or deployment single."
  }
}

variable "clients" {
  description = "Who may connect, by who they are: a security group, or a range of addresses."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))

  validation {
    condition     = alltrue([for client in var.clients : (client.security_group_id == null) != (client.cidr == null)])
    error_message = "A client is a security group or a range of addresses: one of the two."
  }
}

variable "publishers" {
  description = "Who may connect to publish and not look, by who they are: a security group, or a range of addresses."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for publisher in var.publishers : (publisher.security_group_id == null) != (publisher.cidr == null)])
    error_message = "A publisher is a security group or a range of addresses: one of the two."
  }
}

variable "monitors" {
  description = "Who may look (the management API) and not publish, by who they are: a security group, or a range of addresses."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for monitor in var.monitors : (monitor.security_group_id == null) != (monitor.cidr == null)])
    error_message = "A monitor is a security group or a range of addresses: one of the two."
  }
}
