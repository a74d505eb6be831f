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

# Versions of secrets were resources. They are forgotten with their values as they are: later ones are written by people and
# playbooks, and a version that Secrets Manager has deleted would be created again, over the value in use.
removed {
  from = module.secrets.aws_secretsmanager_secret_version.this

  lifecycle {
    destroy = false
  }
}
