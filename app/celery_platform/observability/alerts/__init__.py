"""An environment's Prometheus rules, made from its thresholds. Each alert has a runbook in this folder's README.md."""
