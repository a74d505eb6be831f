"""Results of many tasks stored in Redis or Valkey with two round trips."""
