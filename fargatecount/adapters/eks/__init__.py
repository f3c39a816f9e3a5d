"""The EKS API, and tokens for its clusters."""
