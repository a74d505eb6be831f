locals {
  # hosts.image is Debian's own name for it: debian-<release>-<architecture>.
  image        = split("-", local.env.hosts.image)
  architecture = local.image[2]
  image_id     = data.aws_ssm_parameter.image.insecure_value

  # Debian's image has no Systems Manager agent, and Ansible's connection needs one.
  first_boot = local.env.hosts.connection != "amazon.aws.aws_ssm" ? null : templatefile("${path.module}/first_boot.sh.tftpl", {
    region       = local.env.region
    architecture = local.architecture
  })
}

# Debian publishes each image's id in every region (wiki.debian.org, "Cloud/AmazonEC2Image").
data "aws_ssm_parameter" "image" {
  name = "/aws/service/${local.image[0]}/release/${local.image[1]}/latest/${local.architecture}"
}
