# Resources that had other addresses in the state of earlier versions.

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

# Version 0.1 had a single bucket, for the example's pictures. If the environment file still has a bucket with that label, the
# bucket is kept with its objects; otherwise the plan shows that it will be destroyed.
moved {
  from = module.media
  to   = module.buckets["media"]
}

# The policies of SQS queues were resources of their own. They are now arguments of the queues, so they are forgotten here and
# stay on the queues.
removed {
  from = module.sqs.aws_sqs_queue_policy.this

  lifecycle {
    destroy = false
  }
}

removed {
  from = module.sqs.aws_sqs_queue_redrive_policy.this

  lifecycle {
    destroy = false
  }
}

removed {
  from = module.sqs.aws_sqs_queue_redrive_allow_policy.this

  lifecycle {
    destroy = false
  }
}
