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

run "a_node_group_for_each_pool" {
  command = plan

  module {
    source = "./modules/eks"
  }

  assert {
    condition     = toset(keys(aws_eks_node_group.this)) == toset(["io", "cpu"])
    error_message = "expected a node group for each pool"
  }

  assert {
    condition     = aws_eks_node_group.this["io"].scaling_config[0].max_size == 4
    error_message = "expected room for the workers that a rollout adds at the pool's maximum"
  }

  assert {
    condition     = aws_eks_node_group.this["io"].node_group_name_prefix == "io-"
    error_message = "expected generated names, because a new group exists beside the one that it replaces"
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "expected a hop limit that keeps pods from their node's role"
  }

  assert {
    condition     = toset(keys(aws_eks_addon.before_nodes)) == toset(["vpc-cni", "kube-proxy"]) && aws_eks_addon.before_nodes["vpc-cni"].addon_version == "v1.21.1-eksbuild.3" && strcontains(aws_eks_addon.before_nodes["vpc-cni"].configuration_values, "enableNetworkPolicy")
    error_message = "expected the add-ons in their pinned versions"
  }
}

run "a_pool_with_min_above_max" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    pools = { io = { instance_types = ["m7i.large"], min = 3, max = 2, max_nodes = 3 } }
  }

  expect_failures = [var.pools]
}

run "a_pool_without_room_for_a_rollout" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    pools = { io = { instance_types = ["m7i.large"], min = 1, max = 2, max_nodes = 2 } }
  }

  expect_failures = [var.pools]
}

run "node_groups_without_a_network_addon" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    addons = { kube-proxy = "v1.35.0-eksbuild.2", coredns = "v1.13.2-eksbuild.1", eks-pod-identity-agent = "v1.3.10-eksbuild.2" }
  }

  expect_failures = [var.addons]
}

run "an_addon_without_a_full_version" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    addons = { vpc-cni = "latest", kube-proxy = "v1.35.0-eksbuild.2", coredns = "v1.13.2-eksbuild.1", eks-pod-identity-agent = "v1.3.10-eksbuild.2" }
  }

  expect_failures = [var.addons]
}

run "spot_and_arm" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    pools = { io = { instance_types = ["m7g.large", "m8g.large"], architecture = "arm64", capacity = "spot", min = 1, max = 3, max_nodes = 4 } }
  }

  assert {
    condition     = aws_eks_node_group.this["io"].capacity_type == "SPOT" && aws_eks_node_group.this["io"].instance_types == tolist(["m7g.large", "m8g.large"])
    error_message = "expected Spot capacity with several instance types"
  }

  assert {
    condition     = aws_eks_node_group.this["io"].ami_type == "AL2023_ARM_64_STANDARD"
    error_message = "expected the image of the pool's architecture"
  }
}

run "a_pool_without_instance_types" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    pools = { io = { instance_types = [], min = 1, max = 2, max_nodes = 3 } }
  }

  expect_failures = [var.pools]
}

run "unknown_architecture" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    pools = { io = { instance_types = ["m7i.large"], architecture = "x86_64", min = 1, max = 2, max_nodes = 3 } }
  }

  expect_failures = [var.pools]
}

run "unknown_capacity" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    pools = { io = { instance_types = ["m7i.large"], capacity = "reserved", min = 1, max = 2, max_nodes = 3 } }
  }

  expect_failures = [var.pools]
}

run "a_name_too_long_for_a_node_group" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    pools = { a_pool_of_thirty_seven_characters_xxx = { instance_types = ["m7i.large"], min = 1, max = 2, max_nodes = 3 } }
  }

  expect_failures = [var.pools]
}
