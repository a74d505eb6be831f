"""What the pages show. Each thing is asked for once for all viewers, and at most so often."""
