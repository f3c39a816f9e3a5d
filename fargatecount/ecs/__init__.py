"""What ECS says, as observations and refusals; pure."""
