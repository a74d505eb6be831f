# Workers fetch their tasks, so nothing connects to them except the scrapers of their metrics.
# Each pool has its own group, because each calls other services.
resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:attached in the module host, into which Checkov does not follow

  for_each = var.egress

  name        = "${var.name}-worker-${replace(each.key, "_", "-")}"
  description = "Worker hosts of the pool ${each.key}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-worker-${replace(each.key, "_", "-")}" }
}

# Every worker is a client of the broker and of the result store. They admit this group, so that the number of their rules does
# not grow with the number of pools. It has no rules of its own.
resource "aws_security_group" "clients" {
  #checkov:skip=CKV2_AWS_5:attached in the module host, into which Checkov does not follow

  count = length(var.egress) > 0 ? 1 : 0

  name        = "${var.name}-clients"
  description = "Worker hosts of all pools: clients of the broker and of the result store"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-clients" }
}

locals {
  # Read once: each reference to a group reads the groups of all pools.
  group_ids = { for pool, group in aws_security_group.this : pool => group.id }

  # Debian packages are downloaded over HTTP; apt verifies their signatures.
  archive = { archive = { cidr = "0.0.0.0/0", ports = [80] } }

  # AWS allows only one rule for a CIDR block and a port, so targets that share them share a rule.
  egress = flatten([for pool, targets in var.egress : [for target, address in merge(local.archive, targets) : [
    for port in address.ports : { pool = pool, target = target, cidr = address.cidr, port = port }
  ]]])
  egress_rules = { for one in local.egress : "${one.pool}-${one.cidr}-${one.port}" => one... }
}

# Security group rules match addresses, not names, so a service given by host name is opened on its port to any address.
# Amazon's DNS, time and metadata services need no rule (VPC guide, "Security groups"); other DNS servers do.
resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.egress_rules

  security_group_id = local.group_ids[each.value[0].pool]
  description       = substr(join(", ", each.value[*].target), 0, 255)
  cidr_ipv4         = each.value[0].cidr
  ip_protocol       = "tcp"
  from_port         = each.value[0].port
  to_port           = each.value[0].port
}

# A response that does not fit into a datagram is requested again over TCP (RFC 7766).
resource "aws_vpc_security_group_egress_rule" "resolvers" {
  for_each = { for one in setproduct(keys(var.egress), var.resolvers, ["tcp", "udp"]) : join("-", one) => { pool = one[0], address = one[1], protocol = one[2] } }

  security_group_id = local.group_ids[each.value.pool]
  description       = "DNS"
  cidr_ipv4         = "${each.value.address}/32"
  ip_protocol       = each.value.protocol
  from_port         = 53
  to_port           = 53
}

resource "aws_vpc_security_group_ingress_rule" "scrapers" {
  for_each = merge([for pool in keys(var.egress) : { for name, scraper in var.scrapers : "${pool}-${name}" => merge(scraper, { pool = pool, name = name }) }]...)

  security_group_id            = local.group_ids[each.value.pool]
  description                  = "metrics: ${each.value.name}"
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = min(var.metrics_ports...)
  to_port                      = max(var.metrics_ports...)
}
