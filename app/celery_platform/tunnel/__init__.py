"""A way for people into an environment's VPC: Session Manager forwards local ports through the monitoring host."""
