# Separate from the instance, so that a replaced node keeps its messages and its cluster membership.
resource "aws_ebs_volume" "data" {
  #checkov:skip=CKV_AWS_189:encrypted with the account's EBS key, like the root volume; the environment's key is deleted with the environment

  for_each = var.hosts

  availability_zone = each.value.zone
  type              = "gp3"
  size              = each.value.volume_gib
  encrypted         = true

  tags = { Name = "${each.key}-data" }
}

resource "aws_volume_attachment" "data" {
  for_each = var.hosts

  volume_id                      = aws_ebs_volume.data[each.key].id
  instance_id                    = module.host[each.key].instance_id
  device_name                    = "/dev/sdf" # required by the API; on the machine, the device is found by the volume's id
  stop_instance_before_detaching = true       # so that RabbitMQ has closed its files
}
