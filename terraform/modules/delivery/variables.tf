variable "name" {
  description = "Prefix of names."
  type        = string
}

variable "issuer" {
  description = "The CI system's OpenID Connect issuer, without https://."
  type        = string

  validation {
    condition     = !startswith(var.issuer, "http")
    error_message = "issuer goes without https://: it is also the name of the token's claims in conditions."
  }
}

variable "audience" {
  description = "The audience that the tokens must name."
  type        = string
  default     = "sts.amazonaws.com"
}

variable "subjects" {
  description = "The token's subject that may take each role: plan and apply."
  type        = map(string)

  validation {
    condition     = toset(keys(var.subjects)) == toset(["plan", "apply"])
    error_message = "There are two roles: plan and apply."
  }

  validation {
    condition     = alltrue([for subject in var.subjects : !strcontains(subject, "*")])
    error_message = "A subject is one subject: a pattern would let other branches and repositories in."
  }
}

variable "services" {
  description = "The services that this estate is made of, by their IAM prefix."
  type        = set(string)
  default = [
    "acm", "budgets", "cloudwatch", "ec2", "ecr", "eks", "eks-auth", "elasticache", "elasticloadbalancing", "kms", "logs", "mq",
    "ec2messages", "route53", "s3", "secretsmanager", "sns", "sqs", "ssm", "ssmmessages", "sts", "tag",
  ]
}

variable "extra_services" {
  description = "Services that pools' own statements name, by their IAM prefix: within the boundary, too."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setintersection(var.extra_services, ["account", "iam", "identitystore", "organizations", "sso", "sso-directory"])) == 0
    error_message = "A boundary that lets these services through bounds nothing: they change who may do what."
  }
}

variable "existing_provider" {
  description = "Whether the account has the issuer as a provider already. It is then neither made nor removed here."
  type        = bool
  default     = false
}
