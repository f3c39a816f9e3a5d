"""The Kubernetes API of a cluster, over one connection."""
