variable "environment" {
  description = "The environment's name: a folder of environments_folder."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.environment)) && length(var.environment) <= 18
    error_message = "An environment's name has 1 to 18 lowercase letters, digits and single hyphens between them and starts with a letter: it goes into every AWS name."
  }

  validation {
    condition     = fileexists("${var.environments_folder}/${var.environment}/resolved.json")
    error_message = "There is no resolved.json for this environment: write its environment.yml, then render it (make render)."
  }
}

variable "environments_folder" {
  description = "Where the environments are; a path from this folder, or an absolute one."
  type        = string
  default     = "../environments"
}

variable "held_instance_types" {
  description = "Sizes that machines keep for now, by name: their role's new size comes to one machine after the other (run.py plan --host)."
  type        = map(string)
  default     = {}
}
