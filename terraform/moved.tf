# What stands in states of earlier versions under other addresses.

moved {
  from = module.network
  to   = module.network[0]
}

moved {
  from = module.eks[0].aws_eks_pod_identity_association.this
  to   = module.pod_identity[0].aws_eks_pod_identity_association.this
}

moved {
  from = module.delivery[0].aws_iam_openid_connect_provider.this
  to   = module.delivery[0].aws_iam_openid_connect_provider.this[0]
}
