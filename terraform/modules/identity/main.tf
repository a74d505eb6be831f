data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.id
  account   = data.aws_caller_identity.this.account_id

  # Only names, because Terraform copies the whole value of for_each for each instance, and reads all instances of what an
  # instance refers to (DECISIONS.md, "Large for_each values are names").
  names    = tomap({ for name in keys(var.workloads) : name => name })
  on_hosts = tomap({ for name, workload in var.workloads : name => name if workload.on == "hosts" })
  on_pods  = { for name, workload in var.workloads : name => workload if workload.on == "pods" }

  role_names     = { for name, role in aws_iam_role.this : name => role.name }
  role_ids       = { for name, role in aws_iam_role.this : name => role.id }
  trust_policies = { for name, document in data.aws_iam_policy_document.trust : name => document.json }
}

resource "aws_iam_role" "this" {
  for_each = local.names

  name                 = "${var.name}-${each.key}"
  assume_role_policy   = local.trust_policies[each.key]
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_instance_profile" "this" {
  for_each = local.on_hosts

  name = "${var.name}-${each.key}"
  role = local.role_names[each.key]
}

# Systems Manager instead of SSH: there are no keys to lose and no open ports. CloudTrail records who began a session; what was
# typed only if the account's Session Manager preferences say so.
resource "aws_iam_role_policy_attachment" "ssm" {
  for_each = local.on_hosts

  role       = local.role_names[each.key]
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}
