variable "name" {
  description = "The cluster's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", var.name))
    error_message = "A cluster name must have 1 to 100 letters, digits, hyphens and underscores."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version, such as 1.35."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version, such as 1.35. AWS chooses the patch version, and an upgrade goes one minor version at a time."
  }
}

variable "service_cidr" {
  description = "Address range of the cluster's services. A cluster keeps the one with which it was created; a plan with another is refused."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.service_cidr)) && try(tonumber(split("/", var.service_cidr)[1]) >= 12 && tonumber(split("/", var.service_cidr)[1]) <= 24, false)
    error_message = "service_cidr must be a CIDR block from /12 to /24 (EKS API, KubernetesNetworkConfigRequest)."
  }
}

variable "compute" {
  description = "node_groups (a managed node group for each pool) or auto (EKS Auto Mode)."
  type        = string
  default     = "node_groups"

  validation {
    condition     = contains(["node_groups", "auto"], var.compute)
    error_message = "compute must be node_groups or auto."
  }
}

variable "addons" {
  description = "EKS add-ons as name = version. Must be empty with Auto Mode, which has its own."
  type        = map(string)
  default     = {}

  validation {
    condition     = var.compute == "auto" ? length(var.addons) == 0 : length(setsubtract(["vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent"], keys(var.addons))) == 0
    error_message = "Node groups need the add-ons vpc-cni, kube-proxy, coredns and eks-pod-identity-agent. With Auto Mode, addons must be empty."
  }

  validation {
    condition     = alltrue([for version in var.addons : can(regex("^v[0-9.]+-eksbuild\\.[0-9]+$", version))])
    error_message = "An add-on needs a full version, such as v1.21.1-eksbuild.3."
  }
}

variable "public_access_cidrs" {
  description = "CIDR blocks outside the VPC that can reach the API. If empty, the API is private."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : can(cidrnetmask(cidr)) && try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "public_access_cidrs must be your own CIDR blocks, /16 or smaller, and never 0.0.0.0/0."
  }
}

variable "admins" {
  description = "ARNs of roles that administer the cluster. If empty, the role that creates the cluster does."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.admins : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", arn))])
    error_message = "admins must be ARNs of IAM roles."
  }
}

variable "key_arn" {
  description = "The KMS key that encrypts Kubernetes secrets and the control plane's logs."
  type        = string
}

variable "log_retention_days" {
  description = "Days to keep the control plane's logs."
  type        = number
  default     = 30
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the roles created here, or null."
  type        = string
  default     = null
}

variable "pools" {
  description = "Worker pools that run on this cluster. Each has its own node group, so that the load of one pool cannot starve another."
  type = map(object({
    instance_types = list(string)
    architecture   = optional(string, "amd64")
    capacity       = optional(string, "on_demand")
    min            = number
    max            = number
    max_nodes      = number
  }))

  validation {
    condition     = alltrue([for pool in var.pools : pool.min <= pool.max && pool.max >= 1])
    error_message = "A pool's min must not exceed its max, and max must be at least 1."
  }

  validation {
    condition     = alltrue([for pool in var.pools : pool.max_nodes > pool.max])
    error_message = "A pool's max_nodes must exceed its max: a rollout starts new workers before it stops old ones."
  }

  validation {
    condition     = alltrue([for pool in var.pools : length(pool.instance_types) >= 1 && length(pool.instance_types) <= 20])
    error_message = "A managed node group must have 1 to 20 instance types."
  }

  validation {
    condition     = alltrue([for pool in var.pools : contains(["amd64", "arm64"], pool.architecture)])
    error_message = "A pool's architecture must be amd64 or arm64."
  }

  validation {
    condition     = alltrue([for pool in var.pools : contains(["on_demand", "spot"], pool.capacity)])
    error_message = "A pool's capacity must be on_demand or spot."
  }

  validation {
    condition     = alltrue([for name in keys(var.pools) : length(name) <= 36])
    error_message = "A pool's name must have at most 36 characters. A node group's name may have 63, and Terraform adds a hyphen and a unique suffix of 26."
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

variable "metrics_port" {
  description = "Port on which pods serve metrics."
  type        = number
  default     = 9540

  validation {
    condition     = var.metrics_port > 0 && var.metrics_port < 65536
    error_message = "metrics_port must be a TCP port."
  }
}

variable "monitors" {
  description = "Clients inside the VPC that may connect to the API and to the metrics of pods, by name: a security group or a CIDR block each."
  type        = map(object({ security_group_id = optional(string), cidr = optional(string) }))
  default     = {}

  validation {
    condition     = alltrue([for monitor in var.monitors : (monitor.security_group_id == null) != (monitor.cidr == null)])
    error_message = "A monitor must be either a security group or a CIDR block."
  }
}
