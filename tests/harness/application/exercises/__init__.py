"""The application of the platform's tests, for the queues of tests/harness/environments."""
