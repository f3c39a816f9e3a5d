"""A sidecar that reads from the task metadata endpoint what the containers of an ECS task use; standard library only."""
