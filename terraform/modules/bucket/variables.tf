variable "name" {
  description = "The bucket's name, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "S3 takes bucket names of 3 to 63 lowercase letters, digits and hyphens."
  }
}

variable "expire_after_days" {
  description = "Days after which an object is removed, or null: never."
  type        = number
  default     = null

  validation {
    condition     = var.expire_after_days == null ? true : var.expire_after_days >= 1 && floor(var.expire_after_days) == var.expire_after_days
    error_message = "expire_after_days is a whole number of days, at least 1: S3 looks once a day."
  }
}
