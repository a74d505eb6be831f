variable "name" {
  description = "Prefix of names, and name of the load balancer."
  type        = string

  validation {
    condition     = length(var.name) <= 28
    error_message = "The name must have at most 28 characters: with -api it names a target group, which may have 32 (ELB API, CreateTargetGroup)."
  }
}

variable "hosts" {
  description = "The RabbitMQ nodes by name."
  type = map(object({
    role          = string
    zone          = string
    private_ip    = string
    instance_type = string
    architecture  = string
    volume_gib    = number
  }))

  validation {
    condition     = alltrue([for host in var.hosts : host.volume_gib >= 1 && host.volume_gib <= 16384])
    error_message = "volume_gib must be from 1 to 16384 (the largest gp3 volume)."
  }

  validation {
    condition     = length(var.hosts) % 2 == 1
    error_message = "The number of RabbitMQ nodes must be odd: with 2 nodes a quorum queue tolerates no more failures than with 1, and 4 nodes can split in half."
  }
}

variable "images" {
  description = "The machine image of each architecture and its user data."
  type        = map(object({ id = string, user_data = optional(string) }))
}

variable "tls" {
  description = "Whether clients connect over TLS, which Ansible's role rabbitmq configures."
  type        = bool
  default     = false
}

variable "load_balancer" {
  description = "Host name of an internal load balancer for clients and its private zone, which is created unless zone_id is given. Null: clients connect to the nodes directly."
  type = object({
    zone    = string
    zone_id = optional(string)
    host    = string
  })
  default = null

  validation {
    condition     = var.load_balancer == null ? true : endswith(var.load_balancer.host, ".${var.load_balancer.zone}")
    error_message = "load_balancer.host must be a name in load_balancer.zone."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer is protected against deletion."
  type        = bool
  default     = false
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets by zone."
  type        = map(string)
}

variable "instance_profile" {
  description = "The nodes' instance profile."
  type        = string
}

variable "clients" {
  description = "Clients that may connect, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))

  validation {
    condition     = alltrue([for client in var.clients : (client.security_group_id == null) != (client.cidr == null)])
    error_message = "A client must be either a security group or a CIDR block."
  }
}

variable "monitors" {
  description = "Clients that may read metrics and the management API but not connect over AMQP, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for monitor in var.monitors : (monitor.security_group_id == null) != (monitor.cidr == null)])
    error_message = "A monitor must be either a security group or a CIDR block."
  }
}

variable "scalers" {
  description = "Autoscalers that may ask the management API by the load balancer's name, by name: a security group each."
  type        = map(object({ security_group_id = string }))
  default     = {}

  validation {
    condition     = length(var.scalers) == 0 || var.tls
    error_message = "Autoscalers need tls: the management API is closed without it, because requests contain passwords."
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
