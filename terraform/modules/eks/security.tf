# EKS gives the cluster's group to its private API and to every node, and pods have the addresses of their node's interfaces. The group
# admits its own members only (EKS guide, "View Amazon EKS security group requirements for clusters"). People come from elsewhere, such as
# a host through which Session Manager forwards a port ("Accessing a private only API server"), and so does Prometheus, which finds pods
# through the API.
locals {
  monitored_ports = { api = 443, metrics = var.metrics_port }
}

resource "aws_vpc_security_group_ingress_rule" "monitors" {
  for_each = merge([for what, port in local.monitored_ports : {
    for name, monitor in var.monitors : "${name}-${what}" => merge(monitor, { port = port })
  }]...)

  security_group_id            = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  description                  = each.key
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
