"""Redis and Valkey as a fast broker: messages taken many at a time, acknowledged many at a time."""
