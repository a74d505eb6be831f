# Private subnets assign no public addresses.
resource "aws_instance" "this" {
  #checkov:skip=CKV_AWS_126:status checks are reported every minute without detailed monitoring, and hosts export all other metrics themselves
  #checkov:skip=CKV_AWS_135:all types of this generation are always EBS optimized

  ami                    = var.image_id
  instance_type          = var.instance_type
  subnet_id              = var.subnet_id
  private_ip             = var.private_ip
  vpc_security_group_ids = var.security_group_ids
  iam_instance_profile   = var.instance_profile
  user_data              = var.user_data

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = var.volume_gib
    tags        = { Name = var.name }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required" # IMDSv2, so that a forged request through a task cannot read the role's keys
    http_put_response_hop_limit = 1
  }

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    # A change of any of these would replace a running machine: Debian publishes a new image every few weeks, and AWS applies
    # user data and encryption only at creation. People replace machines, one at a time (`make replace`). Another
    # instance type stops a machine, and another architecture replaces it; run.py warns if that affects several of a role.
    ignore_changes = [ami, user_data, root_block_device]
  }
}
