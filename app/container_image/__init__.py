"""The container image of the app: its `Containerfile`, its build, and its contents."""
