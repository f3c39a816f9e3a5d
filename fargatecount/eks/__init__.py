"""EKS: pods as observations and refusals, and the permission to list pods."""
