variable "name" {
  description = "The bucket's name, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "S3 takes bucket names of 3 to 63 lowercase letters, digits and hyphens."
  }
}
