variable "name" {
  description = "The broker's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,50}$", var.name))
    error_message = "A broker name must have 1 to 50 letters, digits, hyphens and underscores."
  }
}

variable "engine_version" {
  description = "RabbitMQ version: 3.13, or 4.2 and later."
  type        = string

  validation {
    condition     = can(regex("^(3\\.13|4\\.([2-9]|\\d\\d))$", var.engine_version))
    error_message = "engine_version must be 3.13, or 4.2 and later: Amazon MQ offers no other."
  }
}

variable "instance_type" {
  description = "Size of each node, such as mq.m7g.large."
  type        = string

  validation {
    condition     = startswith(var.instance_type, "mq.m7g.") || (var.engine_version == "3.13" && startswith(var.instance_type, "mq.m5."))
    error_message = "RabbitMQ 4 needs an mq.m7g.* instance on Amazon MQ, 3.13 an mq.m5.* or mq.m7g.* one."
  }
}

variable "deployment" {
  description = "single (one node) or cluster (three nodes over three zones)."
  type        = string

  validation {
    condition     = contains(["single", "cluster"], var.deployment)
    error_message = "deployment must be single or cluster."
  }
}

variable "consumer_timeout_seconds" {
  description = "Seconds for which a worker may leave a delivery unacknowledged, from the time budget."
  type        = number
}

variable "user" {
  description = "The application's user."
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
    error_message = "An Amazon MQ cluster needs three zones, one for each node: set network.zones to 3, or deployment to single."
  }
}

variable "clients" {
  description = "Clients that may connect, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))

  validation {
    condition     = alltrue([for client in var.clients : (client.security_group_id == null) != (client.cidr == null)])
    error_message = "A client must be either a security group or a CIDR block."
  }
}

variable "publishers" {
  description = "Clients that may publish but not read metrics or the management API, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for publisher in var.publishers : (publisher.security_group_id == null) != (publisher.cidr == null)])
    error_message = "A publisher must be either a security group or a CIDR block."
  }
}

variable "monitors" {
  description = "Clients that may use the management API but not publish, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for monitor in var.monitors : (monitor.security_group_id == null) != (monitor.cidr == null)])
    error_message = "A monitor must be either a security group or a CIDR block."
  }
}
