output "url" {
  description = "amqp(s)://host:port of the load balancer, without credentials. Without a load balancer, the URLs of all nodes, separated by semicolons, which clients try in turn."
  value = join(";", [
    for host in(var.load_balancer == null ? [for name in sort(keys(var.hosts)) : var.hosts[name].private_ip] : [var.load_balancer.host]) :
    "${var.tls ? "amqps" : "amqp"}://${host}:${local.amqp_port}"
  ])
}

output "instance_ids" {
  description = "Instances by name."
  value       = { for name, host in module.host : name => host.instance_id }
}

output "security_group_id" {
  description = "The security group that admits clients."
  value       = aws_security_group.this.id
}
