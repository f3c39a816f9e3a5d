"""What the Lambda functions drive: one module per function, over the runtime that they share."""
