"""The port to AWS: a snapshot of a cluster is complete or does not exist."""
