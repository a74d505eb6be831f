locals {
  # Every value that a person chose or the environment model derived. Nothing below computes names or numbers.
  env = jsondecode(file("${var.environments_folder}/${var.environment}/resolved.json"))

  kind = local.env.broker.kind

  # Pools that have their own machines; pools with hosts_with share those.
  pools_on_hosts = { for name, pool in local.env.pools : name => pool if pool.runs_on == "hosts" && pool.hosts_with == null }
  pools_on_eks   = { for name, pool in local.env.pools : name => pool if pool.runs_on == "eks" }

  monitored = length(local.env.monitoring_hosts) > 0

  # The machines of each kind. During a change of the instance type, some still keep their old one.
  machines = { for kind in ["rabbitmq_hosts", "worker_hosts", "monitoring_hosts"] : kind => {
    for name, host in local.env[kind] : name => merge(host, { instance_type = lookup(var.held_instance_types, name, host.instance_type) })
  } }

  # The cluster is created here, or it exists already, or there is none.
  cluster_is_there = local.env.eks.existing != null
  makes_cluster    = local.env.eks.enabled && !local.cluster_is_there

  instance_ids = merge(module.worker_hosts.instance_ids, one(module.rabbitmq_hosts[*].instance_ids), one(module.monitoring_host[*].instance_ids))
}

check "resolved_is_this_environment" {
  assert {
    condition     = local.env.name == var.environment
    error_message = "resolved.json of ${var.environment} describes ${local.env.name}. Run `make render`."
  }
}
