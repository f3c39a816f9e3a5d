"""The watcher: a process that lists and watches the Fargate pods of EKS clusters and keeps the ledger equal to them."""
