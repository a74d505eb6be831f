data "aws_region" "this" {}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # private names of endpoints (EKS, interface endpoints) resolve only with this

  tags = { Name = var.name }
}

# Without rules: whoever forgets to name a security group gets no traffic, rather than all of it.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-unused" }
}
