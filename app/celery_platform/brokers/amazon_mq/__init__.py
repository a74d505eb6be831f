"""Amazon MQ for RabbitMQ."""
