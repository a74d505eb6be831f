mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name               = "celery-x"
  kubernetes_version = "1.35"
  service_cidr       = "172.20.0.0/16"
  addons = {
    vpc-cni                = "v1.21.1-eksbuild.3"
    kube-proxy             = "v1.35.0-eksbuild.2"
    coredns                = "v1.13.2-eksbuild.1"
    eks-pod-identity-agent = "v1.3.10-eksbuild.2"
  }
  pools = {
    io  = { instance_types = ["m7i.large"], min = 1, max = 3, max_nodes = 4 }
    cpu = { instance_types = ["c7i.xlarge"], min = 0, max = 2, max_nodes = 3 }
  }
  subnet_ids = { a = "subnet-a", b = "subnet-b" }
  key_arn    = "arn:aws:kms:eu-west-1:123456789012:key/1"
}

run "private_and_encrypted" {
  command = plan

  module {
    source = "./modules/eks"
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "expected the API to be reachable from the VPC only"
  }

  assert {
    condition     = one(aws_eks_cluster.this.encryption_config).resources == toset(["secrets"])
    error_message = "expected Kubernetes secrets to be encrypted with the environment's key"
  }

  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API"
    error_message = "expected authentication by access entries only"
  }

  assert {
    condition     = length(aws_eks_cluster.this.enabled_cluster_log_types) == 5
    error_message = "expected every log of the control plane to be on"
  }
}

run "the_services_that_policies_expect" {
  command = plan

  module {
    source = "./modules/eks"
  }

  assert {
    condition     = aws_eks_cluster.this.kubernetes_network_config[0].service_ipv4_cidr == "172.20.0.0/16" && length(aws_eks_cluster.this.kubernetes_network_config[0].elastic_load_balancing) == 0
    error_message = "expected the given range, in which network policies look for the cluster's DNS"
  }
}

run "services_in_too_small_a_range" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    service_cidr = "172.20.0.0/28"
  }

  expect_failures = [var.service_cidr]
}

run "auto_mode" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    compute = "auto"
    addons  = {}
  }

  assert {
    condition     = aws_eks_cluster.this.kubernetes_network_config[0].service_ipv4_cidr == "172.20.0.0/16" && aws_eks_cluster.this.kubernetes_network_config[0].elastic_load_balancing[0].enabled
    error_message = "expected load balancing beside the range of services"
  }

  assert {
    condition     = length(aws_eks_node_group.this) == 0 && aws_eks_cluster.this.compute_config[0].enabled && aws_eks_cluster.this.storage_config[0].block_storage[0].enabled
    error_message = "expected the compute and storage of Auto Mode, and no node groups"
  }
}

run "in_one_zone" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    subnet_ids = { a = "subnet-a" }
  }

  expect_failures = [var.subnet_ids]
}

run "a_patch_version" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    kubernetes_version = "1.35.1"
  }

  expect_failures = [var.kubernetes_version]
}

run "unknown_compute" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    compute = "fargate"
  }

  expect_failures = [var.compute]
}

run "a_name_with_a_dot" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    name = "celery.x"
  }

  expect_failures = [var.name]
}

run "a_cluster_of_an_earlier_version" {
  command = apply

  module {
    source = "./modules/eks"
  }

  variables {
    service_cidr = "10.100.0.0/16"
    compute      = "auto"
    addons       = {}
  }

  # The provider checks the form of ARNs, which the mock does not make.
  override_resource {
    target = aws_iam_role.cluster
    values = { arn = "arn:aws:iam::123456789012:role/cluster" }
  }

  override_resource {
    target = aws_iam_role.node
    values = { arn = "arn:aws:iam::123456789012:role/node" }
  }
}

run "keeps_the_range_of_its_services" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    compute = "auto"
    addons  = {}
  }

  # It would hold if the cluster were replaced by one with the new range.
  expect_failures = [aws_eks_cluster.this]
}
