variable "name" {
  description = "Prefix of every name in the VPC."
  type        = string
}

variable "cidr" {
  description = "The VPC's addresses."
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
    error_message = "At least 2 zones: EKS and a Multi-AZ ElastiCache group are refused with fewer."
  }
}

variable "nat" {
  description = "single: one NAT gateway for all private subnets; per_zone: one each, so that losing a zone loses only that zone."
  type        = string

  validation {
    condition     = contains(["single", "per_zone"], var.nat)
    error_message = "nat must be single or per_zone."
  }
}

variable "endpoints" {
  description = "AWS services with an interface endpoint, by the last part of the endpoint's name: sqs, ecr.api."
  type        = set(string)
  default     = []

  validation {
    condition     = !contains(var.endpoints, "s3")
    error_message = "S3 is reached through its gateway endpoint, which is free."
  }
}

variable "flow_logs" {
  description = "Whether every connection is logged to CloudWatch."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days for which flow logs are kept."
  type        = number
  default     = 30
}

variable "key_arn" {
  description = "The KMS key that encrypts flow logs, or null for CloudWatch's own."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the roles made here, or null."
  type        = string
  default     = null
}
