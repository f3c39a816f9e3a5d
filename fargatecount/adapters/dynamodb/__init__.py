"""DynamoDB: the one table, one file for each port."""
