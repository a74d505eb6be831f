# A name that is known before the load balancer is: the nodes' certificates carry it.
resource "aws_route53_zone" "this" {
  count = local.balanced

  name    = var.load_balancer.zone
  comment = "RabbitMQ of ${var.name}"

  vpc {
    vpc_id = var.vpc_id
  }
}

resource "aws_route53_record" "this" {
  count = local.balanced

  zone_id = aws_route53_zone.this[0].zone_id
  name    = var.load_balancer.host
  type    = "A"

  alias {
    name                   = aws_lb.this[0].dns_name
    zone_id                = aws_lb.this[0].zone_id
    evaluate_target_health = false # a name without an address would hide why nothing answers
  }
}
