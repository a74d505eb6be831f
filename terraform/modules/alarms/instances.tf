locals {
  instance_alarms = { for name, id in var.instances : "${trimprefix(name, "${var.name}-")}-status" => merge(local.usual, {
    description = "${name} fails EC2's status checks. The machine or its operating system does not respond."
    namespace   = "AWS/EC2"
    metric      = "StatusCheckFailed"
    dimensions  = { InstanceId = id }
    threshold   = 0
    periods     = 2
    missing     = "breaching" # a terminated instance reports no data
  }) }
}
