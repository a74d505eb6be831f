variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "hosts" {
  description = "The monitoring host by name; exactly one."
  type = map(object({
    role          = string
    zone          = string
    private_ip    = string
    instance_type = string
    architecture  = string
  }))

  validation {
    condition     = length(var.hosts) == 1
    error_message = "hosts must have one entry: two separate Alertmanagers would send every alert twice."
  }
}

variable "retention_gib" {
  description = "Disk space for Prometheus' data, GiB."
  type        = number
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

variable "instance_profile" {
  description = "The instance profile of the workload `monitoring`."
  type        = string
}
