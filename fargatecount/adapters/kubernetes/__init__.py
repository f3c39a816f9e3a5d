"""The API servers of EKS clusters: lists of pods, and single objects."""
