"""SQS: the queue and its dead letters."""
