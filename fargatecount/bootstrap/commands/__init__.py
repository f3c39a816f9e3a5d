"""What the commands drive: one module per group of commands, over the connection that they share."""
