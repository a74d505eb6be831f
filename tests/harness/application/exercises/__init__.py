"""The application that the platform's tests run, beside the queues of tests/harness/environments."""
