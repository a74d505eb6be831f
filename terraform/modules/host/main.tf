# No public address: the private subnets give none.
resource "aws_instance" "this" {
  #checkov:skip=CKV_AWS_126:status checks come every minute without detailed monitoring, and hosts report the rest themselves
  #checkov:skip=CKV_AWS_135:every type of this generation is EBS optimized, always

  ami                    = var.image_id
  instance_type          = var.instance_type
  subnet_id              = var.subnet_id
  private_ip             = var.private_ip
  vpc_security_group_ids = [var.security_group_id]
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
    http_tokens                 = "required" # IMDSv2: a request forged through a task cannot read the role's keys
    http_put_response_hop_limit = 1
  }

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    # Each would replace a running machine: Debian publishes a new image every few weeks, and AWS encrypts and runs
    # user data at creation only. A machine is replaced by a person (terraform apply -replace), one at a time. Another
    # size stops a machine, and one of another architecture replaces it: run.py says so when that is several of a role.
    ignore_changes = [ami, user_data, root_block_device]
  }
}
