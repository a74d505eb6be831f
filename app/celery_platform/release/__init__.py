"""Build a release: the lock of an application, its wheel, and the wheels of everything it needs."""
