# What a workload may do in the account: the role that belongs to its service account. The cluster's agent hands it out
# (the add-on eks-pod-identity-agent; Auto Mode brings it).
resource "aws_eks_pod_identity_association" "this" {
  for_each = var.service_accounts

  cluster_name    = var.cluster
  namespace       = split("/", each.key)[0]
  service_account = split("/", each.key)[1]
  role_arn        = each.value
}
