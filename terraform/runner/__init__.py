"""Run Terraform for an environment: which account, where its state is, which plan may be applied."""
