mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name   = "celery-x"
  notify = "oncall@example.com"
  thresholds = {
    queue_wait_seconds = 300
    queue_length       = 1000
    dead_letters       = 0
    broker_connections = 2000
    memory_ratio       = 0.8
    failed_requests    = 10
  }
}

run "of_queues" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    queues = { email = { name = "celery-x-email", dead_letter_name = "celery-x-email-dlq" } }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["email-waits"].metric_name == "ApproximateAgeOfOldestMessage" && aws_cloudwatch_metric_alarm.this["email-waits"].threshold == 300
    error_message = "expected an alarm on the age of the oldest message"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["email-dead"].dimensions.QueueName == "celery-x-email-dlq" && aws_cloudwatch_metric_alarm.this["email-dead"].threshold == 0
    error_message = "expected an alarm on the first dead-lettered message"
  }
}

run "of_hosts_that_ship_nothing" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    log_group = "/celery/celery-x/hosts"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["host-logs"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["host-logs"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.this["host-logs"].dimensions.LogGroupName == "/celery/celery-x/hosts"
    error_message = "expected an alarm on an hour without entries"
  }
}

run "of_amazon_mq" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    amazon_mq = "celery-x-broker"
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.ratio)) == toset(["amazon-mq-memory", "amazon-mq-disk"])
    error_message = "expected alarms that fire before RabbitMQ blocks publishers"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["amazon-mq-connections"].threshold == 2000
    error_message = "expected a connection alarm with the given threshold"
  }
}

run "of_stores_machines_and_the_cluster" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    cache_nodes = ["celery-x-results-001"]
    instances   = { celery-x-worker-cpu-1 = "i-1" }
    cluster     = "celery-x"
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["results-001-memory", "results-001-evictions", "worker-cpu-1-status", "eks-failed-requests", "eks-unschedulable"])
    error_message = "expected alarms for every store, machine and the cluster"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["worker-cpu-1-status"].treat_missing_data == "breaching"
    error_message = "expected missing data of a machine to fire the alarm"
  }
}

run "no_email_address" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    notify = "oncall"
  }

  expect_failures = [var.notify]
}

run "memory_in_percent" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    thresholds = { queue_wait_seconds = 300, queue_length = 1000, dead_letters = 0, broker_connections = 2000, memory_ratio = 80, failed_requests = 10 }
  }

  expect_failures = [var.thresholds]
}

run "extra_alarms" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    extra = {
      database = { namespace = "AWS/RDS", metric = "CPUUtilization", dimensions = { DBInstanceIdentifier = "orders" }, threshold = 80 }
      slow     = { namespace = "Orders", metric = "Latency", statistic = "p99", period_seconds = 300, threshold = 2, below = false }
    }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["extra-database"].statistic == "Average" && aws_cloudwatch_metric_alarm.this["extra-database"].dimensions.DBInstanceIdentifier == "orders"
    error_message = "expected an alarm on a metric of any namespace"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["extra-slow"].extended_statistic == "p99" && aws_cloudwatch_metric_alarm.this["extra-slow"].statistic == null && aws_cloudwatch_metric_alarm.this["extra-slow"].period == 300
    error_message = "expected a percentile in extended_statistic"
  }
}

run "unknown_statistic" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    extra = { x = { namespace = "N", metric = "M", statistic = "Median", threshold = 1 } }
  }

  expect_failures = [var.extra]
}

run "half_a_minute" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    extra = { x = { namespace = "N", metric = "M", period_seconds = 90, threshold = 1 } }
  }

  expect_failures = [var.extra]
}

run "unknown_missing_data_treatment" {
  command = plan

  module {
    source = "./modules/alarms"
  }

  variables {
    extra = { x = { namespace = "N", metric = "M", missing = "ok", threshold = 1 } }
  }

  expect_failures = [var.extra]
}
