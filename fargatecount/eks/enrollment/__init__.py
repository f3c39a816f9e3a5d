"""Permission for an identity to list the pods of an EKS cluster: a plan, and the steps that apply it."""
