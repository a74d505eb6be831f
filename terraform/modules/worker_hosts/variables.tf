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
    error_message = "Every host must have its own private address."
  }
}

variable "images" {
  description = "The machine image of each architecture and its user data."
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
  description = "What the hosts of each pool may connect to: a CIDR block and TCP ports for each target, by pool and name of the target."
  type        = map(map(object({ cidr = string, ports = list(number) })))

  validation {
    condition     = alltrue([for host in var.hosts : contains(keys(var.egress), host.pool)])
    error_message = "The pool of every host must be in egress. Otherwise its machines could reach nothing, not even the broker."
  }

  validation {
    condition     = alltrue(flatten([for targets in var.egress : [for address in targets : can(cidrnetmask(address.cidr)) && alltrue([for port in address.ports : port > 0 && port < 65536])]]))
    error_message = "A target must have an IPv4 CIDR block and TCP ports from 1 to 65535."
  }
}

variable "resolvers" {
  description = "Addresses of DNS servers that the machines use besides Amazon's, which needs no rule."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.resolvers : can(cidrnetmask("${address}/32"))])
    error_message = "A resolver must be an IPv4 address, because it is needed to resolve names."
  }
}

variable "metrics_ports" {
  description = "Consecutive ports on which the workers of a host serve their metrics."
  type        = list(number)

  validation {
    condition     = length(var.metrics_ports) > 0 && try(max(var.metrics_ports...) - min(var.metrics_ports...) + 1 == length(distinct(var.metrics_ports)), false)
    error_message = "metrics_ports must be consecutive, because a rule opens the whole range from the first to the last."
  }
}

variable "scrapers" {
  description = "Clients that may read the metrics, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for scraper in var.scrapers : (scraper.security_group_id == null) != (scraper.cidr == null)])
    error_message = "A scraper must be either a security group or a CIDR block."
  }
}
