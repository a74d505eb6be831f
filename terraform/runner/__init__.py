"""Run Terraform for an environment: its account, its state, and which plan may be applied."""
