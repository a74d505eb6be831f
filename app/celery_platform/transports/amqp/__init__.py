"""AMQP as kombu and py-amqp speak it, for RabbitMQ and Amazon MQ."""
