variable "name" {
  description = "Prefix of names; the load balancer's name."
  type        = string

  validation {
    condition     = length(var.name) <= 32
    error_message = "A load balancer's name has at most 32 characters."
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
    error_message = "An odd number of RabbitMQ nodes: a quorum queue on 2 tolerates no more than on 1, and 4 can split in half."
  }
}

variable "images" {
  description = "The machine image of each architecture, and what a machine runs at its first boot."
  type        = map(object({ id = string, user_data = optional(string) }))
}

variable "tls" {
  description = "Whether nodes speak TLS to clients (the rabbitmq role makes them)."
  type        = bool
  default     = false
}

variable "load_balancer" {
  description = "Clients connect through an internal load balancer under this name of this private zone, which is made unless its id is given; null: to each node."
  type = object({
    zone    = string
    zone_id = optional(string)
    host    = string
  })
  default = null

  validation {
    condition     = var.load_balancer == null ? true : endswith(var.load_balancer.host, ".${var.load_balancer.zone}")
    error_message = "The load balancer's host is a name in its zone."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer."
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
  description = "Who may connect, by who they are: a security group, or a range of addresses."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))

  validation {
    condition     = alltrue([for client in var.clients : (client.security_group_id == null) != (client.cidr == null)])
    error_message = "A client is a security group or a range of addresses: one of the two."
  }
}

variable "monitors" {
  description = "Who may look (metrics, the management API) and not connect, by who they are: a security group, or a range of addresses."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for monitor in var.monitors : (monitor.security_group_id == null) != (monitor.cidr == null)])
    error_message = "A monitor is a security group or a range of addresses: one of the two."
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
