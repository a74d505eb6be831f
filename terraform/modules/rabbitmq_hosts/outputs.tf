output "url" {
  description = "Every node as amqp://address:port, separated by semicolons, without credentials: clients try them in turn."
  value       = join(";", [for name in sort(keys(var.hosts)) : "amqp://${var.hosts[name].private_ip}:${local.client_ports.amqp}"])
}

output "instance_ids" {
  description = "Instances by name."
  value       = { for name, host in module.host : name => host.instance_id }
}
