variable "generated" {
  description = "Secrets with a generated value, as label = name."
  type        = map(string)

  validation {
    condition     = alltrue([for name in values(var.generated) : can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", name))])
    error_message = "A secret's name must have 1 to 512 letters, digits and /_+=.@-."
  }
}

variable "supplied" {
  description = "The application's secrets, as label = name. Each starts with a random value, which a person replaces."
  type        = map(string)

  validation {
    condition     = alltrue([for name in values(var.supplied) : can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", name))])
    error_message = "A secret's name must have 1 to 512 letters, digits and /_+=.@-."
  }
}

variable "key_arn" {
  description = "The KMS key that encrypts them."
  type        = string
}
