"""A small Kubernetes API server with pods on Fargate, for the demo and tests."""
