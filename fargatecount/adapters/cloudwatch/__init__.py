"""CloudWatch: metrics, alarms, AWS's own usage series."""
