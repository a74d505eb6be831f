variable "name" {
  description = "The repository's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.name)) && length(var.name) >= 2 && length(var.name) <= 256
    error_message = "A repository name must have 2 to 256 lowercase letters and digits, with single . _ / - between them."
  }
}

variable "keep" {
  description = "Number of images to keep."
  type        = number
  default     = 50

  validation {
    condition     = var.keep >= 2
    error_message = "keep must be at least 2: the image that runs and the one to roll back to."
  }
}

variable "key_arn" {
  description = "The KMS key that encrypts images."
  type        = string
}
