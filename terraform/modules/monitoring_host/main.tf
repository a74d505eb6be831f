locals {
  system_gib = 20  # the same as on a worker host: Debian and the app
  margin     = 1.2 # Prometheus writes new blocks before it removes old ones
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
  volume_gib         = local.system_gib + ceil(var.retention_gib * local.margin)
  user_data          = var.images[each.value.architecture].user_data
}
