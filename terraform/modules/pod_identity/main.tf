# A workload's rights in the account are those of the role of its service account. The add-on eks-pod-identity-agent, which
# Auto Mode includes, hands out the role's credentials.
resource "aws_eks_pod_identity_association" "this" {
  for_each = var.service_accounts

  cluster_name    = var.cluster
  namespace       = split("/", each.key)[0]
  service_account = split("/", each.key)[1]
  role_arn        = each.value
}
