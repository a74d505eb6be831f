mock_provider "aws" {
  source = "./tests/mocks"
}

run "queue_and_dead_letters" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { email = { name = "q-email", dead_letter_name = "q-email-dlq", max_deliveries = 5, visibility_timeout = 380 } }
  }

  assert {
    condition     = aws_sqs_queue.this["email"].visibility_timeout_seconds == 380 && aws_sqs_queue.this["email"].receive_wait_time_seconds == 20
    error_message = "visibility from the time budget; long polling"
  }

  assert {
    condition     = aws_sqs_queue.this["email"].sqs_managed_sse_enabled && aws_sqs_queue.dead_letter["email"].sqs_managed_sse_enabled
    error_message = "both are encrypted"
  }
}

run "a_name_too_long" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { email = { name = "q-${join("", [for n in range(80) : "x"])}", dead_letter_name = "dlq", max_deliveries = 5, visibility_timeout = 380 } }
  }

  expect_failures = [var.queues]
}

run "a_visibility_over_twelve_hours" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { email = { name = "q", dead_letter_name = "dlq", max_deliveries = 5, visibility_timeout = 43201 } }
  }

  expect_failures = [var.queues]
}

run "no_delivery_at_all" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { email = { name = "q", dead_letter_name = "dlq", max_deliveries = 0, visibility_timeout = 60 } }
  }

  expect_failures = [var.queues]
}

run "both_refuse_plaintext" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { email = { name = "q-email", dead_letter_name = "q-email-dlq", max_deliveries = 5, visibility_timeout = 380 } }
  }

  assert {
    condition     = toset(keys(aws_sqs_queue_policy.this)) == toset(["email", "email-dlq"])
    error_message = "each has a policy"
  }
}

run "in_order" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { orders = { name = "q-orders.fifo", dead_letter_name = "q-orders-dlq.fifo", max_deliveries = 5, visibility_timeout = 380 } }
  }

  assert {
    condition     = aws_sqs_queue.this["orders"].fifo_queue && aws_sqs_queue.dead_letter["orders"].fifo_queue
    error_message = "a FIFO queue and its FIFO dead letters"
  }

  assert {
    condition     = aws_sqs_queue.this["orders"].deduplication_scope == "messageGroup"
    error_message = "each group has a throughput of its own"
  }
}

run "in_order_but_not_the_dead_letters" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { orders = { name = "q-orders.fifo", dead_letter_name = "q-orders-dlq", max_deliveries = 5, visibility_timeout = 380 } }
  }

  expect_failures = [var.queues]
}
