variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "issuer" {
  description = "The CI system's OpenID Connect issuer, without https://."
  type        = string

  validation {
    condition     = !startswith(var.issuer, "http")
    error_message = "issuer must not start with https://, because conditions use it as the prefix of the token's claims."
  }
}

variable "audience" {
  description = "The audience that the tokens must name."
  type        = string
  default     = "sts.amazonaws.com"
}

variable "subjects" {
  description = "The subject of the token that may assume each role: plan and apply."
  type        = map(string)

  validation {
    condition     = toset(keys(var.subjects)) == toset(["plan", "apply"])
    error_message = "subjects must name the two roles, plan and apply."
  }

  validation {
    condition     = alltrue([for subject in var.subjects : !strcontains(subject, "*")])
    error_message = "A subject must not contain a wildcard, which would admit other branches or repositories."
  }
}

variable "services" {
  description = "The services that this configuration uses, by their IAM prefix."
  type        = set(string)
  default = [
    "acm", "budgets", "cloudwatch", "ec2", "ecr", "eks", "eks-auth", "elasticache", "elasticloadbalancing", "kms", "logs", "mq",
    "ec2messages", "route53", "s3", "secretsmanager", "servicequotas", "sns", "sqs", "ssm", "ssmmessages", "sts", "tag",
  ]
}

variable "extra_services" {
  description = "Further services in the statements of pools, by their IAM prefix. The boundary allows them, too."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setintersection(var.extra_services, ["account", "iam", "identitystore", "organizations", "sso", "sso-directory"])) == 0
    error_message = "extra_services must not contain services that manage permissions (iam, organizations, sso): the boundary would have no effect."
  }
}

variable "discovery_prefix" {
  description = "Path of the SSM parameters that a plan may read, such as /celery/prod."
  type        = string
}

variable "existing_provider" {
  description = "Whether the account already has a provider for the issuer, which is then neither created nor removed here."
  type        = bool
  default     = false
}
