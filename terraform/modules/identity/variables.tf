variable "name" {
  description = "Prefix of role names."
  type        = string
}

variable "rabbitmq" {
  description = "Whether there are RabbitMQ nodes, which need a role."
  type        = bool
}

variable "pools" {
  description = "Pools on hosts: the names of the queues each drains and of those queues' dead letter queues."
  type = map(object({
    queues       = list(string)
    dead_letters = list(string)
  }))
}

variable "queues" {
  description = "Names of every SQS queue of the environment: a task may call for one of another pool. Empty without SQS."
  type        = list(string)
}

variable "worker_secret_arns" {
  description = "Secrets a worker reads, by label."
  type        = map(string)
}

variable "rabbitmq_secret_arns" {
  description = "Secrets a RabbitMQ node reads, by label."
  type        = map(string)
}

variable "discovery_prefix" {
  description = "The path of SSM parameters that workers read."
  type        = string
}

variable "media_bucket_arn" {
  description = "The bucket workers read pictures from and write to."
  type        = string
}
