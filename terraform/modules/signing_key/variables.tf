variable "name" {
  description = "The key's alias, without alias/."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/")
    error_message = "An alias must have 1 to 250 letters, digits and /_- and must not start with aws/."
  }
}
