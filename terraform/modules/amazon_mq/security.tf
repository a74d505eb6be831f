resource "aws_security_group" "this" {
  name        = var.name
  description = "Amazon MQ broker"
  vpc_id      = var.vpc_id

  tags = { Name = var.name }
}

locals {
  ports = { amqps = 5671, management = 443 }
  rules = merge(
    merge([for name, client in var.clients : { for service, port in local.ports : "${name}-${service}" => merge(client, { port = port }) }]...),
    { for name, publisher in var.publishers : "${name}-amqps" => merge(publisher, { port = local.ports.amqps }) },
    { for name, monitor in var.monitors : "${name}-management" => merge(monitor, { port = local.ports.management }) },
  )
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = local.rules

  security_group_id            = aws_security_group.this.id
  description                  = each.key
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
