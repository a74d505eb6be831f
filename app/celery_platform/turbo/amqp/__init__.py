"""AMQP as kombu and py-amqp speak it, with fewer system calls: many frames for one read, many acks for one write."""
