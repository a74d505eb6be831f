locals {
  balanced = var.load_balancer == null ? 0 : 1
  own_zone = var.load_balancer == null ? 0 : var.load_balancer.zone_id == null ? 1 : 0
  root_gib = 20 # for Debian, RabbitMQ and logs; messages are on the data volume
}

module "host" {
  source   = "../host"
  for_each = var.hosts

  name               = each.key
  tags               = { Role = each.value.role }
  image_id           = var.images[each.value.architecture].id
  instance_type      = each.value.instance_type
  subnet_id          = var.subnet_ids[each.value.zone]
  private_ip         = each.value.private_ip
  security_group_ids = [aws_security_group.this.id]
  instance_profile   = var.instance_profile
  volume_gib         = local.root_gib
  user_data          = templatefile("${path.module}/data_volume.sh.tftpl", { after = var.images[each.value.architecture].user_data, volume_id = aws_ebs_volume.data[each.key].id })
}
