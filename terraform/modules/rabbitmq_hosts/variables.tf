variable "name" {
  description = "Prefix of names."
  type        = string
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
