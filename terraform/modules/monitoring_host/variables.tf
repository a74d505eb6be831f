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
    architecture  = string
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

variable "instance_profile" {
  description = "The instance profile of the workload `monitoring`."
  type        = string
}
