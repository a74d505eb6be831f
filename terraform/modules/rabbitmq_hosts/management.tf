# The management API under the load balancer's name, for autoscalers. They know one address only, and AMQP does not report
# messages that are delivered and not acknowledged. Nobody else may connect to it here; exporters ask each node.
locals {
  management_port = 15671
  asked           = var.load_balancer != null && length(var.scalers) > 0
}

resource "aws_lb_target_group" "management" {
  count = local.asked ? 1 : 0

  name                 = "${var.name}-api"
  port                 = local.management_port
  protocol             = "TCP"
  vpc_id               = var.vpc_id
  preserve_client_ip   = false
  deregistration_delay = 60

  health_check {
    protocol            = "TCP"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_target_group_attachment" "management" {
  for_each = { for name, host in var.hosts : name => host if local.asked }

  target_group_arn = aws_lb_target_group.management[0].arn
  target_id        = module.host[each.key].instance_id
}

resource "aws_lb_listener" "management" {
  count = local.asked ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  port              = local.management_port
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.management[0].arn
  }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer_management" {
  for_each = { for name, scaler in var.scalers : name => scaler if local.asked }

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "${each.key} autoscaler"
  referenced_security_group_id = each.value.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.management_port
  to_port                      = local.management_port
}

resource "aws_vpc_security_group_egress_rule" "load_balancer_management" {
  count = local.asked ? 1 : 0

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "nodes management"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = local.management_port
  to_port                      = local.management_port
}

resource "aws_vpc_security_group_ingress_rule" "from_load_balancer_management" {
  count = local.asked ? 1 : 0

  security_group_id            = aws_security_group.this.id
  description                  = "load balancer management"
  referenced_security_group_id = aws_security_group.load_balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.management_port
  to_port                      = local.management_port
}
