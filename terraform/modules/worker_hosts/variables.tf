variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "hosts" {
  description = "The worker hosts by name."
  type = map(object({
    role          = string
    zone          = string
    private_ip    = string
    instance_type = string
    architecture  = string
    pool          = string
  }))

  validation {
    condition     = length(distinct([for host in var.hosts : host.private_ip])) == length(var.hosts)
    error_message = "Two hosts have the same private address."
  }
}

variable "images" {
  description = "The machine image of each architecture, and what a machine runs at its first boot."
  type        = map(object({ id = string, user_data = optional(string) }))
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets by zone."
  type        = map(string)
}

variable "instance_profiles" {
  description = "The instance profile of each pool."
  type        = map(string)
}

variable "egress" {
  description = "For each pool, what its hosts may connect to: addresses and TCP ports, by what is there."
  type        = map(map(object({ cidr = string, ports = list(number) })))

  validation {
    condition     = alltrue([for host in var.hosts : contains(keys(var.egress), host.pool)])
    error_message = "A host's pool is not in egress: its machines would reach nothing, not even the broker."
  }

  validation {
    condition     = alltrue(flatten([for targets in var.egress : [for address in targets : can(cidrnetmask(address.cidr)) && alltrue([for port in address.ports : port > 0 && port < 65536])]]))
    error_message = "What is connected to is a range of IPv4 addresses, and TCP ports from 1 to 65535."
  }
}

variable "resolvers" {
  description = "Addresses of DNS servers that the machines ask besides Amazon's, which needs no rule."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.resolvers : can(cidrnetmask("${address}/32"))])
    error_message = "A resolver is an IPv4 address: it is asked before any name is known."
  }
}

variable "metrics_ports" {
  description = "Where the workers of a host serve their metrics: one port after the other."
  type        = list(number)

  validation {
    condition     = length(var.metrics_ports) > 0 && try(max(var.metrics_ports...) - min(var.metrics_ports...) + 1 == length(distinct(var.metrics_ports)), false)
    error_message = "metrics_ports is one port or several without a gap: a rule opens all between the first and the last."
  }
}

variable "scrapers" {
  description = "Who may read the metrics, by who they are: a security group, or a range of addresses."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for scraper in var.scrapers : (scraper.security_group_id == null) != (scraper.cidr == null)])
    error_message = "A scraper is a security group or a range of addresses: one of the two."
  }
}
