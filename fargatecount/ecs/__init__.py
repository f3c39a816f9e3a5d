"""ECS events and tasks as observations and refusals; pure."""
