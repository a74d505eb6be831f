variable "name" {
  description = "The machine's name, used as Name tag and as inventory name in Ansible."
  type        = string
}

variable "tags" {
  description = "Tags by which the dynamic inventory groups hosts: Role, and Pool for workers."
  type        = map(string)
}

variable "image_id" {
  description = "The machine image to boot."
  type        = string
}

variable "instance_type" {
  description = "Instance type, such as m7i.large."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.instance_type))
    error_message = "instance_type must be an EC2 instance type, such as m7i.large."
  }
}

variable "subnet_id" {
  description = "The private subnet."
  type        = string
}

variable "private_ip" {
  description = "The fixed address in the subnet."
  type        = string
}

variable "security_group_ids" {
  description = "The machine's security groups."
  type        = set(string)

  validation {
    condition     = length(var.security_group_ids) >= 1 && length(var.security_group_ids) <= 5
    error_message = "A machine must have 1 to 5 security groups: without any it would get the VPC's default group, and AWS attaches at most 5 to a network interface."
  }
}

variable "instance_profile" {
  description = "The instance profile, which holds the machine's only rights in the account."
  type        = string
}

variable "volume_gib" {
  description = "Root volume, GiB."
  type        = number

  validation {
    condition     = var.volume_gib >= 8 && var.volume_gib <= 16384
    error_message = "volume_gib must be from 8 (the size of Debian's image) to 16384 (the largest gp3 volume)."
  }
}

variable "user_data" {
  description = "User data, or null."
  type        = string
  default     = null
}
