# EKS gives the cluster's group to every node, and pods have the addresses of their node's interfaces. The group admits its own members
# only (EKS guide, "View Amazon EKS security group requirements for clusters"). Prometheus finds pods through the API (api.tf).
resource "aws_vpc_security_group_ingress_rule" "scrapers" {
  for_each = var.scrapers

  security_group_id            = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  description                  = "metrics of pods: ${each.key}"
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = var.metrics_port
  to_port                      = var.metrics_port
}
