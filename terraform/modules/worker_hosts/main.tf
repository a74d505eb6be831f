locals {
  volume_gib = 20 # for Debian, the app and its wheels; tasks store nothing on the machine
}

module "host" {
  source   = "../host"
  for_each = var.hosts

  name               = each.key
  tags               = { Role = each.value.role, Pool = each.value.pool }
  image_id           = var.images[each.value.architecture].id
  instance_type      = each.value.instance_type
  subnet_id          = var.subnet_ids[each.value.zone]
  private_ip         = each.value.private_ip
  security_group_ids = [local.group_ids[each.value.pool], aws_security_group.clients[0].id]
  instance_profile   = var.instance_profiles[each.value.pool]
  volume_gib         = local.volume_gib
  user_data          = var.images[each.value.architecture].user_data
}
