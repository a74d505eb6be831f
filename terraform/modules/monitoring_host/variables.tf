variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "hosts" {
  description = "The one monitoring host by its name."
  type = map(object({
    role          = string
    zone          = string
    private_ip    = string
    instance_type = string
  }))

  validation {
    condition     = length(var.hosts) == 1
    error_message = "One host watches an environment: two Alertmanagers that do not know each other would tell everything twice."
  }
}

variable "retention_gib" {
  description = "What Prometheus may keep, GiB."
  type        = number
}

variable "targets" {
  description = "What Prometheus scrapes: the security group that must let it in, and the port."
  type        = map(object({ security_group_id = string, port = number }))
}

variable "image_id" {
  description = "The machine image to boot."
  type        = string
}

variable "user_data" {
  description = "What the machine runs at its first boot, or null."
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
  description = "The instance profile of the workload `monitoring`."
  type        = string
}
