"""The container image of the app: its recipe (`Containerfile`), its build, and what is in it."""
