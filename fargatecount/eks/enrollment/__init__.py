"""How an identity gets the right to list the pods of an EKS cluster: a plan, and its steps applied."""
