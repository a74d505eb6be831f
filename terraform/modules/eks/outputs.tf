output "name" {
  description = "The cluster's name, available after the cluster was created."
  value       = aws_eks_cluster.this.name
}

output "security_group_id" {
  description = "The security group that EKS gives every node, which brokers and stores must admit."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}
