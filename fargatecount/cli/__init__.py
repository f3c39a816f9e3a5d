"""The `fargatecount` command: parses and prints, nothing else."""
