# Nobody connects to it: Prometheus and Alertmanager listen on loopback, and people come through Systems Manager.
resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:attached by the module host, which Checkov does not follow

  name        = "${var.name}-monitoring"
  description = "Prometheus, Alertmanager and the broker exporter"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-monitoring" }
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "anywhere: workers, the broker, AWS, and the mail server"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "targets" {
  for_each = var.targets

  security_group_id            = each.value.security_group_id
  description                  = "Prometheus: ${each.key}"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
