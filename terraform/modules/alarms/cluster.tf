locals {
  # Metrics that EKS publishes of every cluster's control plane, without an agent (EKS guide, "Control plane metrics").
  cluster_alarms = merge([for cluster in var.cluster == null ? [] : [var.cluster] : {
    eks-failed-requests = merge(local.usual, {
      description = "The API of ${cluster} fails more than ${var.thresholds.failed_requests} requests a minute: deployments and autoscaling stand still."
      namespace   = "AWS/EKS"
      metric      = "apiserver_request_total_5XX"
      dimensions  = { ClusterName = cluster }
      statistic   = "Sum"
      threshold   = var.thresholds.failed_requests
    })
    eks-unschedulable = merge(local.usual, {
      description = "Pods of ${cluster} find no node: the pool is at its maximum, or EC2 has no instance of its type."
      namespace   = "AWS/EKS"
      metric      = "scheduler_pending_pods_UNSCHEDULABLE"
      dimensions  = { ClusterName = cluster }
      threshold   = 0
      periods     = 10
    })
  }]...)
}
