"""A dead-lettered message: as a kind of broker gives it, and as people and programs see it."""
