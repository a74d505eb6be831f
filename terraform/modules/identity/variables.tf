variable "name" {
  description = "Prefix of role names."
  type        = string
}

variable "workloads" {
  description = "What each workload needs: who assumes its role (hosts, pods of a service account, or people), labels of secrets and queues, the dead letter queues that it may look into without taking anything, queues that it drains in parts that fit into a policy, buckets with read and write, and further statements."
  type = map(object({
    on              = string
    service_account = string
    secrets         = list(string)
    receives        = list(string)
    looks           = optional(list(string), [])
    sends           = list(string)
    measures        = list(string)
    drains          = optional(list(list(string)), [])
    discovers       = bool
    buckets         = optional(map(list(string)), {})
    statements = optional(list(object({
      actions    = list(string)
      resources  = list(string)
      conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
    })), [])
    watches     = optional(bool, false)
    finds_hosts = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for workload in var.workloads : contains(["hosts", "pods", "people"], workload.on)])
    error_message = "A workload's `on` must be hosts, pods or people."
  }

  validation {
    condition     = alltrue([for workload in var.workloads : can(regex("^[a-z0-9-]+/[a-z0-9-]+$", workload.service_account)) == (workload.on == "pods")])
    error_message = "A workload in pods needs a service account, written namespace/name; other workloads must have none."
  }

  validation {
    condition     = alltrue([for name in keys(var.workloads) : length("${var.name}-${name}") <= 64])
    error_message = "A role's name must have at most 64 characters."
  }

  validation {
    condition     = alltrue(flatten([for workload in var.workloads : [for label in workload.secrets : contains(keys(var.secrets), label)]]))
    error_message = "Every secret of a workload must be one of the environment's secrets."
  }

  validation {
    condition     = alltrue(flatten([for workload in var.workloads : [for label in concat(workload.receives, workload.looks, workload.sends, workload.measures, flatten(workload.drains)) : can(var.queues[label])]]))
    error_message = "Every queue of a workload must be one of the environment's queues."
  }

  validation {
    condition     = alltrue([for workload in var.workloads : length(workload.drains) <= (workload.on == "hosts" ? 10 : 11)])
    error_message = "A role may have at most 10 managed policies: one for each part of its queues after the first, and on hosts the one of Systems Manager."
  }

  validation {
    condition     = alltrue(flatten([for workload in var.workloads : [for label, may in workload.buckets : contains(keys(var.buckets), label) && length(may) > 0 && length(setsubtract(may, ["read", "write"])) == 0]]))
    error_message = "Every bucket of a workload must be one of the environment's buckets, with read, write or both."
  }

  validation {
    condition     = alltrue(flatten([for workload in var.workloads : [for statement in workload.statements : [for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z0-9*?]+$", action)) && !can(regex("^(account|iam|identitystore|organizations|sso|sso-directory):", action))]]]))
    error_message = "A statement's actions must be written service:Action, and not be of a service that manages permissions (iam, organizations, sso)."
  }

  validation {
    condition     = alltrue(flatten([for workload in var.workloads : [for statement in workload.statements : !contains(statement.resources, "*") || alltrue([for action in statement.actions : can(regex(":[*?]*[A-Za-z0-9]", action))])]]))
    error_message = "A statement must not allow all actions of a service on all resources: list the actions or the resources."
  }
}

variable "log_group" {
  description = "The log group to which workloads on hosts ship their journals, or null."
  type        = string
  default     = null
}

variable "queues" {
  description = "SQS queues and dead letter queues as label = names. A name may be a pattern, in which * matches any text."
  type        = map(list(string))
}

variable "secrets" {
  description = "Secrets as label = name."
  type        = map(string)
}

variable "key_arn" {
  description = "The KMS key that the secrets are encrypted with."
  type        = string
}

variable "cluster" {
  description = "Name of the EKS cluster whose pods may assume the pods' roles."
  type        = string
}

variable "discovery_prefix" {
  description = "Path of the SSM parameters that workloads read."
  type        = string
}

variable "buckets" {
  description = "Buckets as label = name."
  type        = map(string)
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the roles, or null."
  type        = string
  default     = null
}
