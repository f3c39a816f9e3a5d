"""Held against used: which services could run in a smaller cell of the Fargate grid, and what that frees of quota and money."""
