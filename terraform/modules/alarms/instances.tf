locals {
  instance_alarms = { for name, id in var.instances : "${trimprefix(name, "${var.name}-")}-status" => merge(local.usual, {
    description = "${name} fails EC2's status checks: the machine or its system does not answer."
    namespace   = "AWS/EC2"
    metric      = "StatusCheckFailed"
    dimensions  = { InstanceId = id }
    threshold   = 0
    periods     = 2
    missing     = "breaching" # an instance that is gone reports nothing
  }) }
}
