locals {
  # Ports between nodes (rabbitmq.com, "Networking"): peer discovery, Erlang distribution, command line tools.
  peer_ports = {
    epmd         = { from = 4369, to = 4369 }
    distribution = { from = 25672, to = 25672 }
    cli          = { from = 35672, to = 35682 }
  }
  amqp_port = var.tls ? 5671 : 5672
  # Ports for monitoring, and those for clients. The management API is open only with TLS, because requests contain passwords.
  monitor_ports = merge({ prometheus = 15692 }, var.tls ? { management = local.management_port } : {})
  client_ports  = merge({ amqp = local.amqp_port }, local.monitor_ports)
  client_rules  = merge([for name, client in var.clients : { for service, port in local.client_ports : "${name}-${service}" => merge(client, { port = port }) }]...)
  publish_rules = { for name, publisher in var.publishers : "${name}-amqp" => merge(publisher, { port = local.amqp_port }) }
  monitor_rules = merge([for name, monitor in var.monitors : { for service, port in local.monitor_ports : "${name}-${service}" => merge(monitor, { port = port }) }]...)
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:attached in the module host, into which Checkov does not follow

  name        = "${var.name}-rabbitmq"
  description = "RabbitMQ nodes"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-rabbitmq" }
}

resource "aws_vpc_security_group_ingress_rule" "peers" {
  for_each = local.peer_ports

  security_group_id            = aws_security_group.this.id
  description                  = each.key
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.from
  to_port                      = each.value.to
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = merge(local.client_rules, local.publish_rules, local.monitor_rules)

  security_group_id            = aws_security_group.this.id
  description                  = each.key
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# For the Debian archive, Systems Manager and Secrets Manager, through the NAT gateway.
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.this.id
  description       = "anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
