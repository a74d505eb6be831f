locals {
  # Metrics that EKS publishes for every control plane without an agent (EKS guide, "Control plane metrics").
  cluster_alarms = merge([for cluster in var.cluster == null ? [] : [var.cluster] : {
    eks-failed-requests = merge(local.usual, {
      description = "The API of ${cluster} fails more than ${var.thresholds.failed_requests} requests a minute. Deployments and autoscaling do not work."
      namespace   = "AWS/EKS"
      metric      = "apiserver_request_total_5XX"
      dimensions  = { ClusterName = cluster }
      statistic   = "Sum"
      threshold   = var.thresholds.failed_requests
    })
    eks-unschedulable = merge(local.usual, {
      description = "Pods of ${cluster} cannot be scheduled. The pool is at its maximum, or EC2 has no capacity for its instance type."
      namespace   = "AWS/EKS"
      metric      = "scheduler_pending_pods_UNSCHEDULABLE"
      dimensions  = { ClusterName = cluster }
      threshold   = 0
      periods     = 10
    })
  }]...)
}
