variable "name" {
  description = "The log group's name, which begins with a slash."
  type        = string

  validation {
    condition     = can(regex("^/[A-Za-z0-9/_.#-]{1,511}$", var.name))
    error_message = "A log group's name must have 2 to 512 letters, digits and /_.#- and must begin with a slash, like those of AWS services."
  }
}

variable "retention_days" {
  description = "After how many days CloudWatch deletes an entry."
  type        = number
}

variable "key_arn" {
  description = "The key that encrypts the entries. Its policy must admit CloudWatch Logs."
  type        = string
}
