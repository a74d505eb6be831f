# Nobody connects to a worker: it pulls its work. Only a monitoring host adds a rule, for the port of the metrics.
resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:attached by the module host, which Checkov does not follow

  name        = "${var.name}-worker"
  description = "Worker hosts"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-worker" }
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "anywhere: the broker, AWS, and what tasks call"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
