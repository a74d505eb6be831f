"""Self-managed RabbitMQ."""
