mock_provider "aws" {
  source = "./tests/mocks"
}

run "queue_and_dead_letter_queue" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { email = { name = "q-email", dead_letter_name = "q-email-dlq", max_deliveries = 5, visibility_timeout = 380 } }
  }

  assert {
    condition     = aws_sqs_queue.this["email"].visibility_timeout_seconds == 380 && aws_sqs_queue.this["email"].receive_wait_time_seconds == 20
    error_message = "expected the visibility timeout of the time budget, and long polling"
  }

  assert {
    condition     = aws_sqs_queue.this["email"].sqs_managed_sse_enabled && aws_sqs_queue.dead_letter["email"].sqs_managed_sse_enabled
    error_message = "expected both queues to be encrypted"
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
    condition     = alltrue([for queue in [aws_sqs_queue.this["email"], aws_sqs_queue.dead_letter["email"]] : jsondecode(queue.policy).Statement[0].Resource == "arn:aws:sqs:eu-west-1:123456789012:${queue.name}"])
    error_message = "expected a policy on each queue"
  }
}

run "fifo" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { orders = { name = "q-orders.fifo", dead_letter_name = "q-orders-dlq.fifo", max_deliveries = 5, visibility_timeout = 380 } }
  }

  assert {
    condition     = aws_sqs_queue.this["orders"].fifo_queue && aws_sqs_queue.dead_letter["orders"].fifo_queue
    error_message = "expected a FIFO queue and a FIFO dead letter queue"
  }

  assert {
    condition     = aws_sqs_queue.this["orders"].deduplication_scope == "messageGroup"
    error_message = "expected deduplication per message group"
  }
}

run "fifo_with_a_standard_dead_letter_queue" {
  command = plan

  module {
    source = "./modules/sqs"
  }

  variables {
    queues = { orders = { name = "q-orders.fifo", dead_letter_name = "q-orders-dlq", max_deliveries = 5, visibility_timeout = 380 } }
  }

  expect_failures = [var.queues]
}
