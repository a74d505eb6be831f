# No ingress: Prometheus and Alertmanager listen on loopback, and people connect through Systems Manager.
resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:attached in the module host, into which Checkov does not follow

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
