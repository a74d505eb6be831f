# The provider has no write-only argument for a user's password, and other arguments are stored in the state. So users are
# created with a throwaway password, which run.py replaces with the one in Secrets Manager after the apply.
data "aws_secretsmanager_random_password" "bootstrap" {
  count = var.tls ? 1 : 0

  password_length     = 64
  exclude_punctuation = true
}

resource "aws_elasticache_user" "app" {
  count = var.tls ? 1 : 0

  user_id       = "${var.name}-app"
  user_name     = var.user.name
  access_string = var.user.access
  engine        = "valkey"

  authentication_mode {
    type      = "password"
    passwords = [data.aws_secretsmanager_random_password.bootstrap[0].random_password]
  }

  lifecycle {
    ignore_changes = [authentication_mode] # passwords are rotated in Secrets Manager, not by an apply
  }
}

# Connections without a user name log in as this user, which has no rights.
resource "aws_elasticache_user" "default" {
  count = var.tls ? 1 : 0

  user_id       = "${var.name}-off"
  user_name     = "default"
  access_string = "off -@all"
  engine        = "valkey"

  authentication_mode {
    type      = "password"
    passwords = [data.aws_secretsmanager_random_password.bootstrap[0].random_password]
  }

  lifecycle {
    ignore_changes = [authentication_mode]
  }
}

resource "aws_elasticache_user_group" "this" {
  count = var.tls ? 1 : 0

  user_group_id = var.name
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.app[0].user_id, aws_elasticache_user.default[0].user_id]
}
