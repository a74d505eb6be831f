# Clients of brokers and stores. The keys are known at plan time, as for_each requires.
locals {
  own_clients = merge(
    length(local.pools_on_hosts) > 0 ? { hosts = { security_group_id = module.worker_hosts.clients_security_group_id } } : {},
    local.makes_cluster ? { eks = { security_group_id = module.eks[0].security_group_id } } : {},
    local.env.eks.enabled && local.cluster_is_there ? { eks = { security_group_id = local.env.eks.existing.security_group } } : {},
  )
  own_monitors = local.monitored ? { monitoring = { security_group_id = module.monitoring_host[0].security_group_id } } : {}

  # KEDA's operator is a pod of the cluster.
  scalers = { for name, client in local.own_clients : name => client if name == "eks" && local.env.broker.asked_by_keda }

  # Clients from environment.yml. The prefix avoids a collision with the keys above: a client may be called eks.
  publishers = { for name, client in local.env.clients.publish : "client-${name}" => client }
  watchers   = { for name, client in local.env.clients.watch : "client-${name}" => client }

  # A store has one port, so publishers and watchers get the same rule.
  store_clients = merge(local.own_clients, local.own_monitors, local.publishers, local.watchers)

  # Services that hosts may connect to, for all pools and processes that run on them. For pods, network policies say the same.
  calls_of_hosts = { for owner in keys(local.pools_on_hosts) : owner => distinct(flatten(concat(
    [for name, pool in local.env.pools : pool.calls if name == owner || pool.hosts_with == owner],
    [for process in local.env.processes : process.calls if process.machines == owner],
  ))) }
  egress_of_hosts = { for owner, calls in local.calls_of_hosts : owner => merge(
    { for target in ["broker", "results", "aws", "traces"] : target => local.env.egress[target] },
    { for service in calls : "service-${service}" => local.env.egress.services[service] },
  ) }
}
