variable "environment" {
  description = "The environment's name, which is a folder in environments_folder."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.environment)) && length(var.environment) <= 18
    error_message = "An environment's name must have 1 to 18 lowercase letters, digits and single hyphens and start with a letter: it is part of every AWS name."
  }

  validation {
    condition     = fileexists("${var.environments_folder}/${var.environment}/resolved.json")
    error_message = "There is no resolved.json for this environment. Write its environment.yml, then run `make render`."
  }
}

variable "environments_folder" {
  description = "The folder of the environments: an absolute path, or one relative to this folder."
  type        = string
  default     = "../environments"
}

variable "held_instance_types" {
  description = "Instance types that machines keep for now, by name, while their role gets a new type one machine at a time (run.py plan --host)."
  type        = map(string)
  default     = {}
}
