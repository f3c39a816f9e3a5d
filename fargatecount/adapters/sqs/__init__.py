"""SQS: the task queue and its dead letters."""
