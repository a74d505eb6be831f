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

variable "image_id" {
  description = "The machine image to boot."
  type        = string
}

variable "user_data" {
  description = "What each machine runs at its first boot, or null."
  type        = string
  default     = null
}

variable "tls" {
  description = "Whether nodes speak TLS to clients (the rabbitmq role makes them)."
  type        = bool
  default     = false
}

variable "load_balancer" {
  description = "Clients connect through an internal load balancer under this name of this private zone; null: to each node."
  type = object({
    zone = string
    host = string
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
  description = "Security groups that may connect, by who they are."
  type        = map(string)
}

variable "monitors" {
  description = "Security groups that may look (metrics, the management API) and not connect, by who they are."
  type        = map(string)
  default     = {}
}
