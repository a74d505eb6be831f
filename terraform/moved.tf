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

# Version 0.1 had one bucket, for the example's pictures. Moved, it keeps its objects where the environment's file still
# has a bucket of that label; elsewhere the plan says that it is destroyed.
moved {
  from = module.media
  to   = module.buckets["media"]
}
