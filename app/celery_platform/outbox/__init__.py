"""Tasks that are sent if, and only if, a producer's database transaction commits (the transactional outbox)."""
