variable "name" {
  description = "The bucket's name, which must be globally unique."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket name must have 3 to 63 lowercase letters, digits and hyphens."
  }
}

variable "expire_after_days" {
  description = "Days after which an object expires; null means never."
  type        = number
  default     = null

  validation {
    condition     = var.expire_after_days == null ? true : var.expire_after_days >= 1 && floor(var.expire_after_days) == var.expire_after_days
    error_message = "expire_after_days must be a whole number of at least 1: S3 applies lifecycle rules once a day."
  }
}
