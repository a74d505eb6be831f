# Applies a whole environment with a mocked provider, so that everything has an id and references can be followed. The mocked
# values are those whose form the provider checks. Run by applied.py.
mock_provider "aws" {
  source = "./tests/mocks"

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mocked" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/mocked" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/mocked" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:mocked" }
  }

  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/mocked/1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:mocked" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/mocked" }
  }

  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mocked" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:123456789012:mocked", id = "https://sqs.eu-west-1.amazonaws.com/123456789012" }
  }

  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/mocked/1" }
  }

  # Another ARN, because listeners and attachments are joined by it.
  override_resource {
    target = module.rabbitmq_hosts[0].aws_lb_target_group.management
    values = { arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/mocked/2" }
  }

  mock_resource "aws_mq_broker" {
    defaults = {
      instances = [{ console_url = "https://b-1.mq.eu-west-1.on.aws", endpoints = ["amqps://b-1.mq.eu-west-1.on.aws:5671"], ip_address = "" }]
    }
  }
}

run "environment" {
  command = apply
}
