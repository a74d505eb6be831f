locals {
  every_host    = merge(local.env.rabbitmq_hosts, local.env.worker_hosts, local.env.monitoring_hosts)
  architectures = toset([for host in local.every_host : host.architecture])

  images = { for architecture in local.architectures : architecture => {
    id = data.aws_ssm_parameter.image[architecture].insecure_value

    # Debian's image lacks the Systems Manager agent, which Ansible's connection needs.
    user_data = local.env.hosts.connection != "amazon.aws.aws_ssm" ? null : templatefile("${path.module}/first_boot.sh.tftpl", {
      region       = local.env.region
      architecture = architecture
    })
  } }
}

# Debian publishes the id of each image in every region (wiki.debian.org, "Cloud/AmazonEC2Image").
data "aws_ssm_parameter" "image" {
  for_each = local.architectures

  name = "/aws/service/debian/release/${local.env.hosts.release}/latest/${each.key}"
}
