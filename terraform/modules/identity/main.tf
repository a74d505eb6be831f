data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.id
  account   = data.aws_caller_identity.this.account_id

  on_hosts = { for name, workload in var.workloads : name => workload if workload.on == "hosts" }
  on_pods  = { for name, workload in var.workloads : name => workload if workload.on == "pods" }
}

resource "aws_iam_role" "this" {
  for_each = var.workloads

  name                 = "${var.name}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_instance_profile" "this" {
  for_each = local.on_hosts

  name = "${var.name}-${each.key}"
  role = aws_iam_role.this[each.key].name
}

# Systems Manager instead of SSH: there are no keys to lose and no open ports, and CloudTrail records every session.
resource "aws_iam_role_policy_attachment" "ssm" {
  for_each = local.on_hosts

  role       = aws_iam_role.this[each.key].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}
