# A single name for clients, which stays valid when a node is replaced. Internal to the VPC.
resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:a network load balancer logs TLS listeners only, and this one passes TLS through to RabbitMQ

  count = local.balanced

  name                             = var.name
  load_balancer_type               = "network"
  internal                         = true
  subnets                          = [for zone in sort(keys(var.subnet_ids)) : var.subnet_ids[zone]]
  security_groups                  = [aws_security_group.load_balancer[0].id]
  enable_cross_zone_load_balancing = true # so that clients can connect if their zone has no running node
  enable_deletion_protection       = var.deletion_protection
}

resource "aws_lb_target_group" "this" {
  count = local.balanced

  name                 = var.name
  port                 = local.amqp_port
  protocol             = "TCP" # TLS is terminated by RabbitMQ, so that nothing in between can read tasks
  vpc_id               = var.vpc_id
  preserve_client_ip   = false # otherwise a node could not connect to itself through the load balancer
  deregistration_delay = 60    # seconds, after which a drained node has closed its connections

  health_check {
    protocol            = "TCP"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_target_group_attachment" "this" {
  for_each = { for name, host in var.hosts : name => host if var.load_balancer != null }

  target_group_arn = aws_lb_target_group.this[0].arn
  target_id        = module.host[each.key].instance_id
}

resource "aws_lb_listener" "this" {
  count = local.balanced

  load_balancer_arn = aws_lb.this[0].arn
  port              = local.amqp_port
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_security_group" "load_balancer" {
  count = local.balanced

  name        = "${var.name}-rabbitmq-lb"
  description = "RabbitMQ's load balancer"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-rabbitmq-lb" }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  for_each = { for name, client in merge(var.clients, var.publishers) : name => client if var.load_balancer != null }

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = each.key
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = local.amqp_port
  to_port                      = local.amqp_port
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  count = local.balanced

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "nodes"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = local.amqp_port
  to_port                      = local.amqp_port
}

resource "aws_vpc_security_group_ingress_rule" "from_load_balancer" {
  count = local.balanced

  security_group_id            = aws_security_group.this.id
  description                  = "load balancer"
  referenced_security_group_id = aws_security_group.load_balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.amqp_port
  to_port                      = local.amqp_port
}
