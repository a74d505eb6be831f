# The private API admits EKS's own group only, which the nodes have. People come from elsewhere, such as a host through which
# Session Manager forwards a port (EKS guide, "Accessing a private only API server").
resource "aws_vpc_security_group_ingress_rule" "api" {
  for_each = var.api_clients

  security_group_id            = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  description                  = "API: ${each.key}"
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
