resource "aws_security_group" "this" {
  name        = var.name
  description = "Amazon MQ broker"
  vpc_id      = var.vpc_id

  tags = { Name = var.name }
}

locals {
  ports = { amqps = 5671, management = 443 }
  rules = merge([for client, group in var.clients : { for service, port in local.ports : "${client}-${service}" => { group = group, port = port } }]...)
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = local.rules

  security_group_id            = aws_security_group.this.id
  description                  = each.key
  referenced_security_group_id = each.value.group
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
