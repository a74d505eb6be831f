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
    pool          = string
  }))

  validation {
    condition     = length(distinct([for host in var.hosts : host.private_ip])) == length(var.hosts)
    error_message = "Two hosts have the same private address."
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
