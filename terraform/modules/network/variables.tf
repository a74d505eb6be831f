variable "name" {
  description = "Prefix of every name in the VPC."
  type        = string
}

variable "cidr" {
  description = "The VPC's CIDR block."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "cidr must be a prefix from /16 (the largest VPC) to /22 (16 subnets of at least /26)."
  }
}

variable "zones" {
  description = "The subnets of each availability zone, by the zone's name."
  type = map(object({
    public_cidr  = string
    private_cidr = string
  }))

  validation {
    condition     = length(var.zones) >= 2
    error_message = "zones must have at least 2 entries: EKS and Multi-AZ ElastiCache groups require two."
  }
}

variable "nat" {
  description = "single (one NAT gateway for all private subnets) or per_zone (one in each zone, so that the loss of a zone affects only that zone)."
  type        = string

  validation {
    condition     = contains(["single", "per_zone"], var.nat)
    error_message = "nat must be single or per_zone."
  }
}

variable "endpoints" {
  description = "AWS services that get an interface endpoint, by the last part of the endpoint's name, such as sqs or ecr.api."
  type        = set(string)
  default     = []

  validation {
    condition     = !contains(var.endpoints, "s3")
    error_message = "endpoints must not contain s3, which always has a gateway endpoint, free of charge."
  }
}

variable "flow_logs" {
  description = "Whether to log every connection to CloudWatch."
  type        = bool
  default     = false
}

variable "log_folder" {
  description = "With which the names of log groups begin, such as /celery."
  type        = string
}

variable "log_retention_days" {
  description = "Days to keep flow logs."
  type        = number
  default     = 30
}

variable "key_arn" {
  description = "The KMS key that encrypts flow logs, or null for CloudWatch's own."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the roles created here, or null."
  type        = string
  default     = null
}
