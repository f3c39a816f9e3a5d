"""Logs of EKS pods on Fargate: a configuration that Fargate accepts, the rights to write, and whether it really logs."""
