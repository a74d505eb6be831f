"""One process of a turbo pool: a consumer whose tasks run in its event loop."""
