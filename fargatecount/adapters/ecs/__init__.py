"""The ECS API."""
