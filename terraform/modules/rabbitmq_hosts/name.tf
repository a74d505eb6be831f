# A name that is known before the load balancer exists, because the nodes' certificates contain it. The private zone is created
# unless the id of an existing one is given.
resource "aws_route53_zone" "this" {
  count = local.own_zone

  name    = var.load_balancer.zone
  comment = "RabbitMQ of ${var.name}"

  vpc {
    vpc_id = var.vpc_id
  }
}

resource "aws_route53_record" "this" {
  count = local.balanced

  zone_id = coalesce(var.load_balancer.zone_id, one(aws_route53_zone.this[*].zone_id))
  name    = var.load_balancer.host
  type    = "A"

  alias {
    name                   = aws_lb.this[0].dns_name
    zone_id                = aws_lb.this[0].zone_id
    evaluate_target_health = false # with it, the name would stop resolving while all nodes are down, which hides the cause
  }
}
