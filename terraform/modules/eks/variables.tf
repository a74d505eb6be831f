variable "name" {
  description = "The cluster's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", var.name))
    error_message = "EKS takes names of 1 to 100 letters, digits, hyphens and underscores."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version, such as 1.35."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "EKS takes a version as 1.35: an upgrade goes one minor version at a time, and patches are AWS's."
  }
}

variable "compute" {
  description = "node_groups: a managed node group for each pool; auto: EKS Auto Mode."
  type        = string
  default     = "node_groups"

  validation {
    condition     = contains(["node_groups", "auto"], var.compute)
    error_message = "compute must be node_groups or auto."
  }
}

variable "addons" {
  description = "EKS add-ons as name = version. None with Auto Mode, which brings its own."
  type        = map(string)
  default     = {}

  validation {
    condition     = var.compute == "auto" ? length(var.addons) == 0 : length(setsubtract(["vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent"], keys(var.addons))) == 0
    error_message = "Node groups need vpc-cni, kube-proxy, coredns and eks-pod-identity-agent; Auto Mode brings its own."
  }

  validation {
    condition     = alltrue([for version in var.addons : can(regex("^v[0-9.]+-eksbuild\\.[0-9]+$", version))])
    error_message = "An add-on's version is pinned in full: v1.21.1-eksbuild.3."
  }
}

variable "public_access_cidrs" {
  description = "Addresses from which the API can be reached besides the VPC; none: it is private."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : can(cidrnetmask(cidr)) && try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "public_access_cidrs are addresses of your own (/16 or longer), never 0.0.0.0/0."
  }
}

variable "admins" {
  description = "ARNs of roles that administer the cluster; none: who creates it does."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.admins : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", arn))])
    error_message = "admins are ARNs of IAM roles."
  }
}

variable "key_arn" {
  description = "The KMS key that encrypts Kubernetes secrets and the control plane's logs."
  type        = string
}

variable "log_retention_days" {
  description = "Days for which the control plane's logs are kept."
  type        = number
  default     = 30
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the roles made here, or null."
  type        = string
  default     = null
}

variable "pools" {
  description = "Worker pools that run here: a node group each, so that one pool's load cannot starve another's."
  type = map(object({
    instance_types = list(string)
    architecture   = optional(string, "amd64")
    capacity       = optional(string, "on_demand")
    min            = number
    max            = number
  }))

  validation {
    condition     = alltrue([for pool in var.pools : pool.min <= pool.max && pool.max >= 1])
    error_message = "A pool's min may not exceed its max, and max is at least 1."
  }

  validation {
    condition     = alltrue([for pool in var.pools : length(pool.instance_types) >= 1 && length(pool.instance_types) <= 20])
    error_message = "A managed node group takes 1 to 20 instance types."
  }

  validation {
    condition     = alltrue([for pool in var.pools : contains(["amd64", "arm64"], pool.architecture)])
    error_message = "A pool's architecture is amd64 or arm64."
  }

  validation {
    condition     = alltrue([for pool in var.pools : contains(["on_demand", "spot"], pool.capacity)])
    error_message = "A pool's capacity is on_demand or spot."
  }

  validation {
    condition     = alltrue([for name in keys(var.pools) : length(name) <= 36])
    error_message = "A node group's name has 63 characters: a pool's of at most 36, a hyphen, and 26 of Terraform's that keep it unique."
  }
}

variable "subnet_ids" {
  description = "Private subnets by zone."
  type        = map(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "EKS needs subnets in at least 2 zones."
  }
}
