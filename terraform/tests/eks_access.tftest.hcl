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

run "monitors" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    monitors = { monitoring = { security_group_id = "sg-1" }, office = { cidr = "10.9.0.0/16" } }
  }

  assert {
    condition = jsonencode({ for name, rule in aws_vpc_security_group_ingress_rule.monitors : name => [rule.referenced_security_group_id, rule.cidr_ipv4, rule.from_port, rule.to_port] }) == jsonencode({
      monitoring-api     = ["sg-1", null, 443, 443]
      monitoring-metrics = ["sg-1", null, 9540, 9540]
      office-api         = [null, "10.9.0.0/16", 443, 443]
      office-metrics     = [null, "10.9.0.0/16", 9540, 9540]
    })
    error_message = "expected the private API to admit these clients on 443, and pods on the port of their metrics, and nothing else"
  }
}

run "a_monitor_that_is_both" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    monitors = { both = { security_group_id = "sg-1", cidr = "10.9.0.0/16" } }
  }

  expect_failures = [var.monitors]
}

run "metrics_have_a_port" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    metrics_port = 0
  }

  expect_failures = [var.metrics_port]
}

run "public_by_allow_list" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    public_access_cidrs = ["203.0.113.0/24"]
    admins              = ["arn:aws:iam::123456789012:role/admin"]
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["203.0.113.0/24"])
    error_message = "expected the API to be open to the given CIDR blocks"
  }

  assert {
    condition     = length(aws_eks_access_policy_association.admin) == 1 && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "expected only the given roles to be administrators"
  }
}

run "public_to_everyone" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    public_access_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.public_access_cidrs]
}

run "an_administrator_who_is_a_user" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    admins = ["arn:aws:iam::123456789012:user/somebody"]
  }

  expect_failures = [var.admins]
}
