locals {
  # A full store refuses writes (noeviction). Failovers are events of the replication group, which go to the same topic.
  cache_alarms = merge(flatten([for node in var.cache_nodes : [
    {
      "${trimprefix(node, "${var.name}-")}-memory" = merge(local.usual, {
        description = "${node} uses more than ${var.thresholds.memory_ratio * 100} % of its memory. When it is full, it refuses results and claims."
        namespace   = "AWS/ElastiCache"
        metric      = "DatabaseMemoryUsagePercentage"
        dimensions  = { CacheClusterId = node }
        threshold   = var.thresholds.memory_ratio * 100
      })
    },
    {
      "${trimprefix(node, "${var.name}-")}-evictions" = merge(local.usual, {
        description = "${node} evicts keys, which its parameter group forbids. Somebody changed the parameter group."
        namespace   = "AWS/ElastiCache"
        metric      = "Evictions"
        dimensions  = { CacheClusterId = node }
        statistic   = "Sum"
        threshold   = 0
        periods     = 1
      })
    },
  ]])...)
}
