variable "name" {
  description = "The key's alias, without alias/."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/")
    error_message = "KMS takes aliases of 1 to 250 letters, digits and /_- that do not start with aws/."
  }
}

variable "log_group_prefixes" {
  description = "How the names of the log groups that CloudWatch may encrypt with it start."
  type        = list(string)
}
