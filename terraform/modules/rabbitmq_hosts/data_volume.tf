# Apart from the instance, so that a replaced node finds its messages and its place in the cluster again.
resource "aws_ebs_volume" "data" {
  #checkov:skip=CKV_AWS_189:encrypted with the account's EBS key, as the root volume; the environment's key goes with the environment

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
  device_name                    = "/dev/sdf" # asked for by the API; on the machine it is found by the volume's id
  stop_instance_before_detaching = true       # RabbitMQ must have closed its files
}
