"""What a pod says, as observations and refusals, and who may list pods."""
